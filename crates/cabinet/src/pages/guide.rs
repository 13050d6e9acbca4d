//! `/{lang}/guide`: the guide, and the adviser that finds what is in it; without script.

use axum::extract::{Path, Query, State};
use axum::response::Html;
use minijinja::context;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};
use tanba_model::help::HelpQuery;
use tanba_model::language::Language;

use crate::guide::{ArticleLink, GROUPS, Piece, STEPS, step_picture};
use crate::problem::Problem;
use crate::render::Screen;
use crate::session::MaybeSignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("guide.html", "guide", "guide-name");
const ARTICLE: Screen = Screen::new("guide/article.html", "guide-article", "guide-name");

/// Answers to one question at most.
const ANSWERS: u32 = 8;
/// Letters of a question that are shown again.
const LONGEST: usize = 200;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    q: Option<String>,
}

/// An article that answers a question.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) article: String,
    #[serde(flatten)]
    pub(crate) link: ArticleLink,
    pub(crate) snippet: Vec<Piece>,
}

#[derive(Clone, Debug, Serialize)]
struct Group {
    name: &'static str,
    articles: Vec<ArticleLink>,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let q: String = fields
        .q
        .unwrap_or_default()
        .trim()
        .chars()
        .take(LONGEST)
        .collect();
    let answers = state.answers(visit.language, &q).await?;
    let groups: Vec<Group> = GROUPS
        .into_iter()
        .map(|name| Group {
            name,
            articles: state.guide().of_group(name, visit.language),
        })
        .collect();
    let values = context! { q, answers => Serde(answers), groups => Serde(groups) };
    Ok(state.render(&visit, signed_in.as_ref(), &SCREEN, values))
}

/// `/{lang}/guide/{article}`
pub(crate) async fn article(
    State(state): State<CabinetState>,
    visit: Visit,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Path(slug): Path<String>,
) -> Result<Html<String>, Problem> {
    let guide = state.guide();
    let article = guide.find(&slug).ok_or_else(Problem::page_not_found)?;
    let text = article.text(visit.language);
    let picture = |figure: &str| {
        let name = format!("guide-{}-{figure}.webp", visit.language.tag());
        state.assets().link(&name)
    };
    let figure = article.figure.as_deref().and_then(picture);
    let is_steps = slug == STEPS;
    let step_figures: Vec<Option<String>> = (1..=15)
        .map(|step| step_picture(step).filter(|_| is_steps).and_then(picture))
        .collect();
    let values = context! {
        title => text.title.clone(),
        blocks => Serde(text.blocks.clone()),
        figure,
        steps => is_steps,
        step_figures,
        neighbours => Serde(guide.of_group(&article.group, visit.language)),
        group => article.group.clone(),
        here => article.link(visit.language).href,
    };
    Ok(state.render(&visit, signed_in.as_ref(), &ARTICLE, values))
}

impl CabinetState {
    /// What the guide says to a question; nothing to an empty one.
    pub(crate) async fn answers(
        &self,
        language: Language,
        question: &str,
    ) -> Result<Vec<Answer>, Problem> {
        // Many ask in one language on pages of another: where the page's own index knows nothing, the others are asked.
        let others = Language::ALL.into_iter().filter(|other| *other != language);
        let queries: Vec<HelpQuery> = std::iter::once(language)
            .chain(others)
            .filter_map(|language| HelpQuery::parse(language, question))
            .collect();
        let found = self
            .ra(move |ra| {
                for query in queries {
                    let found = ra.search_help(&query, ANSWERS)?;
                    if !found.is_empty() {
                        return Ok(Some((query, found)));
                    }
                }
                Ok::<_, Problem>(None)
            })
            .await?;
        let Some((query, found)) = found else {
            return Ok(Vec::new());
        };
        let guide = self.guide();
        let answer = |slug: &String| {
            let article = guide.find(slug)?;
            Some(Answer {
                article: slug.clone(),
                link: article.link(language),
                snippet: article.answer(language, &query),
            })
        };
        Ok(found.iter().filter_map(answer).collect())
    }
}
