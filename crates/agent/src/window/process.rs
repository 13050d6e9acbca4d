//! The process of the window: `tanba-agent dialog`, started by the agent for one question.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use anyhow::Context as _;
use eframe::egui::{self, IconData, ViewportBuilder, ViewportCommand};

use super::face::{Face, Sent};
use super::wire::{self, FromWindow, ToWindow};
use super::{fonts, style};
use crate::Catalogue;
use crate::consent::Answer;

/// Of the window when it opens, and the least that it can be made, in points: what is to be signed stays in sight.
const SIZE: [f32; 2] = [600.0, 720.0];
const SMALLEST: [f32; 2] = [360.0, 560.0];

/// Asks the question that comes in at the standard input, and writes what is answered to the standard output.
pub(crate) fn run() -> anyhow::Result<()> {
    let (mut input, output) = pipes().context("this command is for the agent itself")?;
    let first = wire::receive(&mut input).context("this command is for the agent itself")?;
    let Some(ToWindow::Ask(question, language)) = first else {
        anyhow::bail!("this command is for the agent itself");
    };
    let texts = Arc::new(Catalogue::shipped()?);
    let face = Face::new(texts, *question, language);
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title(face.title())
            .with_app_id("tanba-agent")
            .with_icon(icon())
            .with_inner_size(SIZE)
            .with_min_inner_size(SMALLEST)
            .with_always_on_top()
            .with_active(true),
        centered: true,
        ..eframe::NativeOptions::default()
    };
    let made: eframe::AppCreator<'_> = Box::new(move |creation| {
        fonts::install(&creation.egui_ctx)?;
        style::install(&creation.egui_ctx);
        let context = creation.egui_ctx.clone();
        let (sender, incoming) = mpsc::channel();
        std::thread::Builder::new()
            .name("agent".to_owned())
            .spawn(move || {
                // Whatever ends the reading ends the window.
                while let Ok(Some(message)) = wire::receive(&mut input) {
                    if sender.send(Heard::Message(message)).is_err() {
                        return;
                    }
                    context.request_repaint();
                }
                let _ = sender.send(Heard::End);
                context.request_repaint();
            })?;
        Ok(Box::new(Shown {
            title: face.title(),
            face,
            incoming,
            output,
            is_over: false,
        }))
    });
    eframe::run_native("tanba-agent", options, made)
        .map_err(|error| anyhow::anyhow!("the window cannot be opened: {error}"))
}

/// The standard streams without the buffers of the library, in which passwords would stay behind.
fn pipes() -> io::Result<(File, File)> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        Ok((input.into(), output.into()))
    }
    #[cfg(windows)]
    {
        use std::os::windows::io::AsHandle as _;
        let input = io::stdin().as_handle().try_clone_to_owned()?;
        let output = io::stdout().as_handle().try_clone_to_owned()?;
        Ok((input.into(), output.into()))
    }
}

enum Heard {
    Message(ToWindow),
    End,
}

/// The window while it is shown.
struct Shown {
    face: Face,
    title: String,
    incoming: Receiver<Heard>,
    output: File,
    is_over: bool,
}

impl Shown {
    /// Sends what was done; the answer is the last.
    fn send(&mut self) -> io::Result<()> {
        for sent in self.face.take_sent() {
            let output = &mut self.output;
            match sent {
                Sent::List(storage) => wire::send(output, &FromWindow::List(storage))?,
                Sent::Open(container, secret) => {
                    wire::send(output, &FromWindow::Open(container))?;
                    wire::send_secret(output, &secret)?;
                }
                Sent::Take(secret) => {
                    wire::send(output, &FromWindow::Take)?;
                    wire::send_secret(output, &secret)?;
                }
                Sent::Answer(answer) => {
                    self.is_over = true;
                    return wire::send(output, &FromWindow::Answer(answer, self.face.language()));
                }
            }
        }
        Ok(())
    }
}

impl eframe::App for Shown {
    fn logic(&mut self, context: &egui::Context, _: &mut eframe::Frame) {
        while let Ok(heard) = self.incoming.try_recv() {
            match heard {
                Heard::Message(message) => self.face.hear(message),
                Heard::End => self.is_over = true,
            }
        }
        if context.input(|input| input.viewport().close_requested()) && !self.is_over {
            self.face.answer(Answer::Cancelled);
        }
        self.is_over |= self.send().is_err();
        if self.face.title() != self.title {
            self.title = self.face.title();
            context.send_viewport_cmd(ViewportCommand::Title(self.title.clone()));
        }
        if self.is_over {
            context.send_viewport_cmd(ViewportCommand::Close);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        if self.is_over {
            return;
        }
        // The title is what a screen reader says first; the toolkit tells it to the system alone.
        let _ = ui
            .ctx()
            .accesskit_node_builder(egui::accesskit_root_id(), |window| {
                window.set_label(self.title.as_str());
            });
        self.face.show(ui);
        self.is_over |= self.send().is_err();
        if self.is_over {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
        }
    }
}

/// A ring of gold on the colour of the cabinet.
fn icon() -> IconData {
    const SIDE: u32 = 64;
    let mut rgba = Vec::new();
    for place in 0..SIDE * SIDE {
        let (x, y) = (
            i64::from(place % SIDE) * 2 - 63,
            i64::from(place / SIDE) * 2 - 63,
        );
        let distance = x * x + y * y;
        let colour = if (26 * 26..=38 * 38).contains(&distance) {
            style::ORNAMENT
        } else {
            style::BRAND
        };
        rgba.extend_from_slice(&colour.to_array());
    }
    IconData {
        rgba,
        width: SIDE,
        height: SIDE,
    }
}
