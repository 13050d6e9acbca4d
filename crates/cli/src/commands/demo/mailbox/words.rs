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
    text_message: &'static str,
}

impl Words {
    pub(super) const fn of(language: Language) -> Self {
        match language {
            Language::Kk => Self {
                title: "Демонстрацияның пошта жәшігі",
                lead: "Шынайы жүйеде бұл хабарламалар e-mail және SMS арқылы жіберіледі. Жаңалары жоғарыда.",
                again: "Бетті жаңарту",
                cabinet: "Жеке кабинетке өту",
                empty: "Әзірге хабарлама жоқ.",
                text_message: "SMS-хабарлама",
            },
            Language::Ru => Self {
                title: "Почтовый ящик демонстрации",
                lead: "В настоящей системе эти сообщения уходят по e-mail и SMS. Новые сверху.",
                again: "Обновить страницу",
                cabinet: "Перейти в личный кабинет",
                empty: "Сообщений пока нет.",
                text_message: "SMS-сообщение",
            },
            Language::En => Self {
                title: "Mailbox of the demo",
                lead: "In a real installation these go by mail and as text messages (SMS). Newest first.",
                again: "Refresh the page",
                cabinet: "Go to the Personal Account",
                empty: "No messages yet.",
                text_message: "Text message (SMS)",
            },
        }
    }

    /// What a text message is called. A long one goes in parts, each of which is paid for.
    pub(super) fn text_message(&self, language: Language, parts: usize) -> String {
        if parts <= 1 {
            return self.text_message.to_owned();
        }
        let word = match (language, parts % 10, parts % 100) {
            (Language::Kk, ..) => "бөлік",
            (Language::Ru, 1, rest) if rest != 11 => "часть",
            (Language::Ru, 2..=4, rest) if !(12..=14).contains(&rest) => "части",
            (Language::Ru, ..) => "частей",
            (Language::En, ..) => "parts",
        };
        format!("{}, {parts} {word}", self.text_message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_text_message_are_counted_in_each_language() {
        for (language, parts, heading) in [
            (Language::Kk, 1, "SMS-хабарлама"),
            (Language::Kk, 5, "SMS-хабарлама, 5 бөлік"),
            (Language::Ru, 1, "SMS-сообщение"),
            (Language::Ru, 2, "SMS-сообщение, 2 части"),
            (Language::Ru, 5, "SMS-сообщение, 5 частей"),
            (Language::Ru, 12, "SMS-сообщение, 12 частей"),
            (Language::Ru, 21, "SMS-сообщение, 21 часть"),
            (Language::En, 2, "Text message (SMS), 2 parts"),
        ] {
            assert_eq!(Words::of(language).text_message(language, parts), heading);
        }
    }
}
