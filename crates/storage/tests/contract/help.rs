use tanba_model::help::{HelpEntry, HelpQuery, terms};
use tanba_model::language::Language;
use tanba_model::ports::{Storage, StorageError};

use crate::contract;

fn entry(language: Language, article: &str, title: &str, keywords: &str, body: &str) -> HelpEntry {
    HelpEntry {
        language,
        article: article.to_owned(),
        title: terms(language, title),
        keywords: terms(language, keywords),
        body: terms(language, body),
    }
}

fn fill(storage: &dyn Storage) {
    let mut unit = storage.begin().unwrap();
    let entries = [
        entry(
            Language::Kk,
            "password",
            "Құпиясөзді ұмыттым",
            "пароль",
            "Құпиясөз қалпына келтірілмейді",
        ),
        entry(
            Language::Kk,
            "revoke",
            "Кілттерді кері шақыру",
            "отзыв",
            "Құпиясөз ұмытылса, кері шақырыңыз",
        ),
        entry(
            Language::Ru,
            "password",
            "Забыт пароль",
            "восстановить",
            "Пароль не хранится",
        ),
        entry(
            Language::Ru,
            "revoke",
            "Отзыв ключей",
            "отозвать",
            "Если пароль утерян, отзовите ключ",
        ),
        entry(
            Language::En,
            "password",
            "Forgotten password",
            "lost restore",
            "The password is kept nowhere",
        ),
    ];
    unit.help().replace(&entries, "one").unwrap();
    unit.commit().unwrap();
}

fn answers(storage: &dyn Storage, language: Language, question: &str) -> Vec<String> {
    let query = HelpQuery::parse(language, question).unwrap();
    storage
        .snapshot()
        .unwrap()
        .help()
        .search(&query, 10)
        .unwrap()
}

contract! {
    fn an_index_is_empty_until_it_is_filled(storage) {
        assert_eq!(storage.snapshot().unwrap().help().version().unwrap(), None);
        assert!(answers(storage, Language::Kk, "кілт").is_empty());
    }

    fn the_title_says_more_than_the_text_and_languages_are_apart(storage) {
        fill(storage);
        assert_eq!(storage.snapshot().unwrap().help().version().unwrap().as_deref(), Some("one"));
        assert_eq!(answers(storage, Language::Kk, "құпиясөз"), ["password", "revoke"]);
        assert_eq!(answers(storage, Language::Ru, "пароль"), ["password", "revoke"]);
        assert_eq!(answers(storage, Language::En, "password"), ["password"]);
        assert!(answers(storage, Language::En, "пароль").is_empty());
    }

    fn look_alikes_starts_and_endings_find_the_word(storage) {
        fill(storage);
        for question in ["купиясоз", "ҚҰПИЯ", "құпиясөзімді", "пароль"] {
            assert_eq!(answers(storage, Language::Kk, question)[0], "password", "{question}");
        }
        assert_eq!(answers(storage, Language::Ru, "отзывом")[0], "revoke");
    }

    fn no_question_is_an_expression_of_the_database(storage) {
        fill(storage);
        for question in ["\"", "a OR b", "NEAR(x y)", "x*", "^x -y", "title:x", "{a b}: c", "') --", "x AND NOT пароль"] {
            if let Some(query) = HelpQuery::parse(Language::Ru, question) {
                storage.snapshot().unwrap().help().search(&query, 10).unwrap();
            }
        }
        assert_eq!(answers(storage, Language::Ru, "x AND NOT пароль")[0], "password");
    }

    fn an_index_is_replaced_as_a_whole_and_only_by_who_may_write(storage) {
        fill(storage);
        let fresh = [entry(Language::Kk, "fresh", "Жаңа бет", "", "")];
        let mut unit = storage.begin().unwrap();
        unit.help().replace(&fresh, "two").unwrap();
        unit.commit().unwrap();
        assert!(answers(storage, Language::Kk, "құпиясөз").is_empty());
        assert_eq!(answers(storage, Language::Kk, "жаңа"), ["fresh"]);
        let refused = storage.snapshot().unwrap().help().replace(&fresh, "three");
        assert!(matches!(refused, Err(StorageError::NotWritable(_) | StorageError::Unavailable(_))), "{refused:?}");
    }
}
