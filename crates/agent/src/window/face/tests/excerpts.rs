use eframe::egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, Vec2};

use super::*;

fn of(text: &str, language: Language) -> Question {
    let mut question = signing(None, language);
    question.documents[0].text = Some(text.to_owned());
    question.documents[0].is_cut = false;
    Question::Key(Box::new(question))
}

fn counted(language: Language, key: &str, count: u32) -> String {
    let count = [("count", count.into())];
    Catalogue::shipped().unwrap().format(language, key, &count)
}

#[test]
fn nothing_is_pushed_out_of_sight_by_lines_with_nothing_in_them() {
    for language in Language::ALL {
        let text = format!("Log in{}I owe 1 000 000 tenge", "\n".repeat(2001));
        let window = seen(of(&text, language));
        let gap = counted(language, "ask-empty-lines", 2000);
        assert!(has(&window, &gap), "{gap}");
        assert!(has(&window, "I owe 1 000 000 tenge"));
        assert!(!has(&window, &self::text(language, "ask-text-ends")));
    }
}

#[test]
fn of_a_long_text_it_is_told_how_much_is_below_until_its_end_is_reached() {
    for language in Language::ALL {
        let lines: Vec<String> = (1..=30).map(|line| format!("line {line}")).collect();
        let mut window = seen(of(&lines.join("\n"), language));
        let below = |window: &Harness<'_, Talk>| {
            (1..30_u32)
                .rev()
                .find(|count| has(window, &counted(language, "ask-more-lines", *count)))
        };
        let many = below(&window).unwrap();
        assert!((15..=18).contains(&many), "{many}");
        let over = window.get_by_label_contains("line 1\n").rect().min + Vec2::new(20.0, 20.0);
        let mut scroll = |points: f32| {
            window.event(Event::PointerMoved(over));
            window.event(Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: Vec2::new(0.0, -points),
                phase: TouchPhase::Move,
                source: MouseWheelSource::Unknown,
                modifiers: Modifiers::NONE,
            });
            window.run_steps(20);
            (
                below(&window),
                has(&window, &text(language, "ask-text-ends")),
            )
        };
        let (fewer, ends) = scroll(60.0);
        assert!(fewer.unwrap() < many && !ends);
        assert_eq!(scroll(2000.0), (None, true));
    }
}
