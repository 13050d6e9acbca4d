//! Time to look before anything can be agreed to.

use std::time::Duration;

use eframe::egui::{Context, Event, ImeEvent};

/// How long what appeared is looked at before a button or a field counts: what was meant for something else has passed by then.
const LOOK: f64 = 0.5;

/// Holds answers back for a moment after something new appeared, or the window came to the front.
#[derive(Debug, Default)]
pub(super) struct Guard {
    /// When it appeared, in seconds of the window's own clock.
    since: Option<f64>,
    is_open: bool,
}

impl Guard {
    /// Something new appeared.
    pub(super) const fn arm(&mut self) {
        self.since = None;
        self.is_open = false;
    }

    /// Looks at the clock, at whether the window came to the front, and at who does not look.
    pub(super) fn look(&mut self, context: &Context) {
        let (now, came_forward, is_busy) = context.input(|input| {
            let forward = |event: &Event| matches!(event, Event::WindowFocused(true));
            let is_forward = input.events.iter().any(forward);
            let is_busy = input.pointer.any_pressed() || input.events.iter().any(is_typed);
            (input.time, is_forward, is_busy)
        });
        // Whoever goes on clicking or typing has not looked yet: a game that wants quick clicks in one place agrees to nothing,
        // and what somebody types into a page is no PIN, of which a token counts the wrong ones. A slow computer tells of what
        // was done in the whole time since it painted last, so that it opens only where in that time nothing was.
        let is_hasty = is_busy && !self.is_open;
        if self.since.is_none() || came_forward || is_hasty {
            self.since = Some(now);
            self.is_open = false;
        }
        let left = self.since.map_or(LOOK, |since| since + LOOK - now);
        if left > 0.0 {
            context.request_repaint_after(Duration::from_secs_f64(left));
        } else {
            self.is_open = true;
        }
    }

    /// Whether buttons and fields count.
    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }
}

fn is_typed(event: &Event) -> bool {
    // An empty one says that nothing is composed.
    let is_composed =
        matches!(event, Event::Ime(ImeEvent::Preedit { text, .. }) if !text.is_empty());
    is_composed
        || matches!(
            event,
            Event::Text(_)
                | Event::Paste(_)
                | Event::Ime(ImeEvent::Commit(_))
                | Event::Key { pressed: true, .. }
        )
}
