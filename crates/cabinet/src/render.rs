//! Templates and what every page has.

use std::sync::Arc;

use axum::response::Html;
use minijinja::value::{Kwargs, Serde};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value, context,
};
use serde::Serialize;
use serde_json::json;
use tanba_model::centre::Centres;
use tanba_model::language::Language;
use tanba_model::place::Gazetteer;
use tanba_model::staff::Right;

use crate::assets::{Assets, Links};
use crate::clerk::AtDesk;
use crate::guide::ArticleLink;
use crate::locale::{Argument, Catalogue};
use crate::places;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The compiled templates, once for each language.
#[derive(Debug)]
pub(crate) struct Pages {
    environments: [Environment<'static>; 3],
    data: [ScriptData; 3],
    links: Links,
}

/// JSON blocks for scripts, safe inside of `<script>`.
#[derive(Debug)]
struct ScriptData {
    messages: String,
    messages_and_places: String,
}

/// A page: its template and what the frame around it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    pub(crate) template: &'static str,
    /// `data-page`, which scripts and menus go by.
    pub(crate) name: &'static str,
    /// The key of the title.
    pub(crate) title_key: &'static str,
    /// Steps of the guide in the help panel.
    pub(crate) help: &'static [u8],
    /// Whether something typed has to be corrected; the title says so first.
    pub(crate) has_errors: bool,
    /// Whether scripts need the names of regions and settlements.
    pub(crate) places: bool,
}

impl Screen {
    /// A page without help.
    pub(crate) const fn new(
        template: &'static str,
        name: &'static str,
        title_key: &'static str,
    ) -> Self {
        Self {
            template,
            name,
            title_key,
            help: &[],
            has_errors: false,
            places: false,
        }
    }

    /// With steps of the guide in the help panel.
    pub(crate) const fn help(mut self, steps: &'static [u8]) -> Self {
        self.help = steps;
        self
    }
}

/// What the frame of a page needs.
#[derive(Debug, Serialize)]
struct Frame<'a> {
    lang: &'static str,
    name: &'a str,
    title_key: &'a str,
    csrf: &'a str,
    surname: &'a str,
    desk: Option<DeskFrame>,
    demo: bool,
    has_errors: bool,
    request_id: &'a str,
    help: &'a [u8],
    articles: Vec<ArticleLink>,
    assets: &'a Links,
    languages: Vec<LanguageLink>,
    time_zone: &'static str,
    agent: String,
}

/// What the frame says of a member of staff.
#[derive(Debug, Serialize)]
struct DeskFrame {
    role: &'static str,
    centre: Option<String>,
    decides: bool,
    audits: bool,
    inspects: bool,
    administers: bool,
    reads_messages: bool,
    settles_messages: bool,
}

/// Whose page it is.
#[derive(Clone, Copy, Debug)]
enum Reader<'a> {
    Anybody,
    /// Somebody with a session without a key.
    Token(&'a str),
    Citizen(&'a SignedIn),
    Staff(&'a AtDesk),
}

impl Reader<'_> {
    fn csrf(&self) -> &str {
        match self {
            Self::Anybody => "",
            Self::Token(csrf) => csrf,
            Self::Citizen(signed_in) => &signed_in.session.csrf,
            Self::Staff(AtDesk(clerk)) => &clerk.session.csrf,
        }
    }

    fn surname(&self) -> &str {
        match self {
            Self::Anybody | Self::Token(_) => "",
            Self::Citizen(signed_in) => &signed_in.person.surname,
            Self::Staff(AtDesk(clerk)) => &clerk.person.surname,
        }
    }
}

#[derive(Debug, Serialize)]
struct LanguageLink {
    tag: &'static str,
    name: String,
    href: String,
    current: bool,
}

impl Pages {
    pub(crate) fn new(
        catalogue: &Arc<Catalogue>,
        assets: &Assets,
        gazetteer: &Gazetteer,
        centres: &Centres,
    ) -> Result<Self, Error> {
        let environment = |language| environment(Arc::clone(catalogue), language);
        let data = |language| ScriptData::new(catalogue, gazetteer, centres, language);
        Ok(Self {
            environments: [
                environment(Language::Kk)?,
                environment(Language::Ru)?,
                environment(Language::En)?,
            ],
            data: [data(Language::Kk), data(Language::Ru), data(Language::En)],
            links: assets.links().clone(),
        })
    }

    fn of(&self, language: Language) -> (&Environment<'static>, &ScriptData) {
        let ([kk, ru, en], [kk_data, ru_data, en_data]) = (&self.environments, &self.data);
        match language {
            Language::Kk => (kk, kk_data),
            Language::Ru => (ru, ru_data),
            Language::En => (en, en_data),
        }
    }
}

impl CabinetState {
    /// Renders a page.
    pub(crate) fn render(
        &self,
        visit: &Visit,
        signed_in: Option<&SignedIn>,
        screen: &Screen,
        values: Value,
    ) -> Html<String> {
        let reader = signed_in.map_or(Reader::Anybody, Reader::Citizen);
        self.render_for(visit, reader, screen, values)
    }

    /// Renders a page of a session without a key, with its token against cross-site requests.
    pub(crate) fn render_with_token(
        &self,
        visit: &Visit,
        csrf: &str,
        screen: &Screen,
        values: Value,
    ) -> Html<String> {
        self.render_for(visit, Reader::Token(csrf), screen, values)
    }

    /// Renders a page of the desk.
    pub(crate) fn render_desk(
        &self,
        visit: &Visit,
        at_desk: &AtDesk,
        screen: &Screen,
        values: Value,
    ) -> Html<String> {
        self.render_for(visit, Reader::Staff(at_desk), screen, values)
    }

    fn render_for(
        &self,
        visit: &Visit,
        reader: Reader<'_>,
        screen: &Screen,
        values: Value,
    ) -> Html<String> {
        let (environment, data) = self.pages().of(visit.language);
        let frame = Frame {
            lang: visit.language.tag(),
            name: screen.name,
            title_key: screen.title_key,
            csrf: reader.csrf(),
            surname: reader.surname(),
            desk: self.desk_frame(visit, reader),
            demo: self.config().demo(),
            has_errors: screen.has_errors,
            request_id: &visit.request_id,
            help: screen.help,
            articles: self.guide().of_screen(screen.name, visit.language),
            assets: &self.pages().links,
            languages: self.language_links(visit),
            time_zone: crate::dates::TIME_ZONE,
            agent: self.config().agent(),
        };
        let block = if screen.places {
            &data.messages_and_places
        } else {
            &data.messages
        };
        let page = context! { page => Serde(frame), page_data => Value::from_safe_string(block.clone()), ..values };
        let rendered = environment
            .get_template(screen.template)
            .and_then(|template| template.render(page));
        Html(rendered.unwrap_or_else(|error| {
            tracing::error!(id = %visit.request_id, template = screen.template, %error, "a page could not be rendered");
            self.last_resort(visit)
        }))
    }

    fn desk_frame(&self, visit: &Visit, reader: Reader<'_>) -> Option<DeskFrame> {
        let Reader::Staff(AtDesk(clerk)) = reader else {
            return None;
        };
        let centre = clerk.centre().map(|code| self.centre(visit, code));
        Some(DeskFrame {
            role: clerk.role().name(),
            centre,
            decides: clerk.may(Right::Decide),
            audits: clerk.may(Right::Audit),
            inspects: clerk.may(Right::Inspect),
            administers: clerk.may(Right::Administer),
            reads_messages: clerk.may(Right::Messages),
            settles_messages: clerk.may(Right::Settle),
        })
    }

    /// The name of a registration centre; a code that is not known shows itself.
    pub(crate) fn centre(&self, visit: &Visit, code: &str) -> String {
        let centre = self.authority().centres().find(code);
        centre.map_or_else(
            || code.to_owned(),
            |centre| centre.name(visit.language).to_owned(),
        )
    }

    /// A page that needs no template.
    fn last_resort(&self, visit: &Visit) -> String {
        let (lang, id) = (visit.language.tag(), &visit.request_id);
        let title = self.text(visit, "error-internal");
        let detail = self.text(visit, "error-internal-detail");
        format!(
            "<!DOCTYPE html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
             <body><main><h1>{title}</h1><p>{detail}</p><p>{id}</p></main></body></html>"
        )
    }

    fn language_links(&self, visit: &Visit) -> Vec<LanguageLink> {
        let link = |language: Language| LanguageLink {
            tag: language.tag(),
            name: self
                .catalogue()
                .text(language, &format!("language-{}", language.tag())),
            href: format!("/{}{}", language.tag(), visit.place),
            current: language == visit.language,
        };
        Language::ALL.map(link).into()
    }

    /// A text in the language of the visit.
    pub(crate) fn text(&self, visit: &Visit, key: &str) -> String {
        self.catalogue().text(visit.language, key)
    }
}

impl ScriptData {
    fn new(
        catalogue: &Catalogue,
        gazetteer: &Gazetteer,
        centres: &Centres,
        language: Language,
    ) -> Self {
        let messages = catalogue.script_messages(language);
        let places = places::names(gazetteer, centres, language);
        Self {
            messages: script_safe(&json!({ "messages": messages })),
            messages_and_places: script_safe(&json!({ "messages": messages, "places": places })),
        }
    }
}

/// JSON that no text in it can end the `<script>` element around it.
fn script_safe(value: &serde_json::Value) -> String {
    value
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// The templates of one language, with `t(key, name=value)` for its texts.
pub(crate) fn environment(
    catalogue: Arc<Catalogue>,
    language: Language,
) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(write_escaped);
    environment.add_filter("serial", |text: &str| crate::view::grouped_serial(text));
    environment.add_function(
        "t",
        move |key: String, values: Kwargs| -> Result<String, Error> {
            let mut arguments = Vec::new();
            for name in values.args() {
                arguments.push((name, argument(&values.get::<Value>(name)?)));
            }
            if !catalogue.has(language, &key) {
                return Err(Error::new(
                    ErrorKind::InvalidOperation,
                    format!("no text {key:?}"),
                ));
            }
            Ok(catalogue.format(language, &key, &arguments))
        },
    );
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// Escapes what means something in HTML, in text and in quoted attributes; a slash does not, so paths stay readable.
fn write_escaped(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let Some(text) = value.as_str().filter(|_| !value.is_safe()) else {
        return minijinja::escape_formatter(out, state, value);
    };
    let mut rest = text;
    while let Some((before, special, after)) = split_at_special(rest) {
        out.write_str(before)?;
        out.write_str(special)?;
        rest = after;
    }
    Ok(out.write_str(rest)?)
}

/// What comes before the first special character, what is written in its place, what comes after.
fn split_at_special(text: &str) -> Option<(&str, &'static str, &str)> {
    let (place, replacement) = text.char_indices().find_map(|(place, character)| {
        let replacement = match character {
            '<' => "&lt;",
            '>' => "&gt;",
            '&' => "&amp;",
            '"' => "&quot;",
            '\'' => "&#39;",
            _ => return None,
        };
        Some((place, replacement))
    })?;
    // All of them are one octet long.
    Some((text.get(..place)?, replacement, text.get(place + 1..)?))
}

fn argument(value: &Value) -> Argument {
    if value.is_number()
        && let Ok(number) = i64::try_from(value.clone())
    {
        return Argument::Number(number);
    }
    Argument::Text(value.to_string())
}

#[cfg(test)]
mod tests;
