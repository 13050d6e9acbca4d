//! The few words of the mailbox page. They stand here and not among the texts of the cabinet, because no installation has
//! this page.

use tanba_model::language::Language;

/// The words of one language.
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    pub(super) again: &'static str,
    pub(super) cabinet: &'static str,
    pub(super) empty: &'static str,
    pub(super) text_message: &'static str,
}

impl Words {
    pub(super) const fn of(language: Language) -> Self {
        match language {
            Language::Kk => Self {
                title: "Демонстрацияның пошта жәшігі",
                lead: "Шынайы жүйеде бұл хаттар e-mail мен SMS арқылы жіберіледі. Жаңалары жоғарыда.",
                again: "Бетті жаңарту",
                cabinet: "Жеке кабинетке өту",
                empty: "Әзірге хат жоқ.",
                text_message: "SMS",
            },
            Language::Ru => Self {
                title: "Почтовый ящик демонстрации",
                lead: "В настоящей системе эти сообщения уходят по e-mail и SMS. Новые сверху.",
                again: "Обновить страницу",
                cabinet: "Перейти в личный кабинет",
                empty: "Писем пока нет.",
                text_message: "SMS",
            },
            Language::En => Self {
                title: "Mailbox of the demo",
                lead: "In a real installation these go by mail and as text messages (SMS). Newest first.",
                again: "Look again",
                cabinet: "Go to the Personal Account",
                empty: "No mail yet.",
                text_message: "SMS",
            },
        }
    }
}
