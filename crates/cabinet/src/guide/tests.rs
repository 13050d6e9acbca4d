use super::*;

fn guide() -> Guide {
    Guide::shipped(&Catalogue::shipped().unwrap()).unwrap()
}

/// What a block is, without its words.
fn shape(block: &Block) -> (&'static str, usize) {
    match block {
        Block::Paragraph(_) => ("paragraph", 1),
        Block::Warning(_) => ("warning", 1),
        Block::List(items) => ("list", items.len()),
        Block::Steps(items) => ("steps", items.len()),
    }
}

#[test]
fn the_three_languages_say_the_same_in_the_same_order() {
    for article in &guide().articles {
        let shapes =
            |language| -> Vec<_> { article.text(language).blocks.iter().map(shape).collect() };
        let targets = |language: Language| -> Vec<String> {
            let blocks = article.text(language).blocks.iter();
            blocks
                .flat_map(|block| {
                    block
                        .links()
                        .map(|href| href[3..].to_owned())
                        .collect::<Vec<_>>()
                })
                .collect()
        };
        for other in [Language::Ru, Language::En] {
            assert_eq!(shapes(Language::Kk), shapes(other), "{}", article.slug);
            assert_eq!(targets(Language::Kk), targets(other), "{}", article.slug);
        }
    }
}

#[test]
fn names_groups_and_links_exist() {
    let guide = guide();
    let mut names = BTreeSet::new();
    for article in &guide.articles {
        assert!(names.insert(&article.slug), "{} stands twice", article.slug);
        assert!(GROUPS.contains(&article.group.as_str()), "{}", article.slug);
        for link in article
            .text(Language::Kk)
            .blocks
            .iter()
            .flat_map(Block::links)
        {
            if let Some(target) = link.strip_prefix("/kk/guide/") {
                assert!(guide.find(target).is_some(), "{}: {link}", article.slug);
            }
        }
    }
    assert!(names.len() >= 30, "{} articles", names.len());
}

#[test]
fn kazakh_articles_are_written_in_kazakh() {
    for article in &guide().articles {
        let text = article.text(Language::Kk);
        let whole = format!("{} {}", text.title, text.plain()).to_lowercase();
        for wrong in [
            "парол",
            "қанат белгі",
            "беделін түсір",
            "ойлағыдай",
            "\u{259}",
        ] {
            assert!(!whole.contains(wrong), "{}: {wrong}", article.slug);
        }
        for word in whole.split(|letter: char| !letter.is_alphabetic()) {
            let latin = word.chars().any(|letter| letter.is_ascii_alphabetic());
            let cyrillic = word
                .chars()
                .any(|letter| ('\u{400}'..='\u{4ff}').contains(&letter));
            assert!(
                !(latin && cyrillic),
                "{} mixes alphabets in {word}",
                article.slug
            );
        }
    }
}

#[test]
fn the_version_follows_the_words() {
    let guide = guide();
    let mut entries = guide.entries();
    assert_eq!(HelpEntry::version_of(&entries), guide.version());
    entries[0].body.push('x');
    assert_ne!(HelpEntry::version_of(&entries), guide.version());
}

#[test]
fn a_line_with_half_a_link_is_refused() {
    for line in ["[words](", "[words", "[words](nowhere)"] {
        assert!(block::read(line, Language::En).is_err(), "{line}");
    }
}
