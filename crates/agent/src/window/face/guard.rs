//! Time to look before anything can be agreed to.

use std::time::Duration;

use eframe::egui::{Context, Event};

/// How long what appeared is looked at before a button counts: a click that was meant for something else has passed by then.
const LOOK: f64 = 0.5;

/// Holds answers back for a moment after something new appeared, or the window came to the front.
#[derive(Debug, Default)]
pub(super) struct Guard {
    /// When it appeared, in seconds of the window's own clock.
    since: Option<f64>,
}

impl Guard {
    /// Something new appeared.
    pub(super) const fn arm(&mut self) {
        self.since = None;
    }

    /// Looks at the clock and at whether the window came to the front.
    pub(super) fn look(&mut self, context: &Context) {
        let (now, came_forward, pressed) = context.input(|input| {
            let forward = |event: &Event| matches!(event, Event::WindowFocused(true));
            let is_forward = input.events.iter().any(forward);
            (input.time, is_forward, input.pointer.any_pressed())
        });
        // Whoever goes on clicking has not looked yet: a game that wants quick clicks in one place agrees to nothing.
        let is_hasty = pressed && self.left(now).is_some();
        if self.since.is_none() || came_forward || is_hasty {
            self.since = Some(now);
        }
        if let Some(left) = self.left(now) {
            context.request_repaint_after(Duration::from_secs_f64(left));
        }
    }

    /// Whether buttons count.
    pub(super) fn is_open(&self, context: &Context) -> bool {
        self.left(context.input(|input| input.time)).is_none()
    }

    fn left(&self, now: f64) -> Option<f64> {
        let left = self.since.map_or(LOOK, |since| since + LOOK - now);
        (left > 0.0).then_some(left)
    }
}
