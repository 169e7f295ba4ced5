//! What a seller gets, as data in both languages, and what holds for any input.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{words::Phrase, *};

fn request(language: Language) -> Request {
    Request {
        language,
        subject: String::new(),
        title: String::new(),
        description: String::new(),
        texts: Vec::new(),
        competitors: Vec::new(),
        searches: Vec::new(),
        cards: Vec::new(),
        limit: 30,
    }
}

fn rows(rows: &[(&str, u64)]) -> Vec<SearchText> {
    rows.iter().map(|(phrase, frequency)| SearchText { phrase: (*phrase).into(), frequency: *frequency }).collect()
}

/// The best keywords, as many as are expected; none where none is.
#[track_caller]
fn check(request: Request, expected: &[&str]) {
    let found = research(&request);
    let phrases: Vec<&str> = found.keywords.iter().map(|keyword| keyword.phrase.as_str()).collect();
    let best = if expected.is_empty() { &phrases[..] } else { &phrases[..expected.len().min(phrases.len())] };
    assert_eq!(best, expected, "{found:#?}");
}

#[test]
fn what_buyers_search_for_goes_first_and_the_more_the_better() {
    let searches = rows(&[("платье летнее", 500), ("летние платья женские", 90_000), ("платье", 400_000)]);
    let russian = Request {
        title: "Платье женское летнее льняное".into(), searches, ..request(Language::Russian)
    };
    check(russian, &["летние платья женские", "платье", "платье летнее"]);
    let searches = rows(&[("ceramic mugs", 80_000), ("coffee mug", 900)]);
    let english = Request { title: "Ceramic coffee mug".into(), searches, ..request(Language::English) };
    check(english, &["ceramic mugs", "coffee mug"]);
}

#[test]
fn forms_of_one_phrase_are_one_keyword_with_the_searches_of_all() {
    let searches = rows(&[("платье летнее", 500), ("летние платья", 900), ("летние платья", 700)]);
    let found =
        research(&Request { title: "Летнее платье".into(), searches, ..request(Language::Russian) });
    let both: Vec<_> = found.keywords.iter().filter(|keyword| keyword.phrase.contains(' ')).collect();
    assert_eq!(
        (both.len(), both[0].phrase.as_str(), both[0].frequency),
        (1, "летние платья", Some(1400)),
        "{found:#?}"
    );
    assert_eq!(both[0].sources, [Origin::SearchReport, Origin::Text]);
    assert_eq!(both[0].why, "searched 1400 times; 2 of 2 words are in what is sold; 1 mentions in texts");
}

#[test]
fn what_may_not_be_used_is_left_out_with_the_reason() {
    let searches = rows(&[("кроссовки найк", 900_000), ("лучшие кроссовки", 5000), ("чайник электрический", 70_000)]);
    let found = research(&Request { subject: "Кроссовки".into(), searches, ..request(Language::Russian) });
    let left_out: Vec<_> = found.left_out.iter().map(|it| (it.phrase.as_str(), it.reason)).collect();
    let expected = [
        ("кроссовки найк", Reason::Trademark),
        ("чайник электрический", Reason::Unrelated),
        ("лучшие кроссовки", Reason::Forbidden),
    ];
    assert_eq!(left_out, expected);
    check(Request { subject: "Кроссовки".into(), ..request(Language::Russian) }, &["кроссовки"]);
}

#[test]
fn cards_and_competitors_are_learnt_from() {
    let card = |title: &str| OwnCard { title: title.into(), ..OwnCard::default() };
    let mut asked = Request { subject: "Пледы".into(), ..request(Language::Russian) };
    asked.cards = vec![card("Плед вязаный"), card("Плед вязаный с кистями")];
    asked.competitors = vec!["Плед из овчины".into()];
    let found = research(&asked);
    let origins = |phrase: &str| found.keywords.iter().find(|it| it.phrase == phrase).map(|it| it.sources.clone());
    assert_eq!(origins("плед вязаный"), Some(vec![Origin::OwnCards]), "{found:#?}");
    assert_eq!(origins("плед из овчины"), Some(vec![Origin::Competitors]), "{found:#?}");
    let listed = |keyword: &Keyword| keyword.sources.contains(&Origin::BundledList);
    assert!(!found.keywords.iter().any(listed), "{found:#?}");
}

#[test]
fn the_bundled_list_helps_where_nothing_else_is_there() {
    for (language, subject, expected) in
        [(Language::Russian, "Кружки", "кружка керамическая"), (Language::English, "Mugs", "ceramic mug")]
    {
        let found = research(&Request { subject: subject.into(), ..request(language) });
        let keyword = found.keywords.iter().find(|keyword| keyword.phrase == expected);
        assert_eq!(keyword.map(|it| it.sources.clone()), Some(vec![Origin::BundledList]), "{found:#?}");
    }
    check(Request { subject: "Mugs".into(), ..request(Language::English) }, &["mugs", "ceramic mug"]);
    assert!(research(&Request { subject: "Посуда".into(), ..request(Language::Russian) }).keywords.len() > 10);
    check(request(Language::Russian), &[]);
}

#[derive(Debug)]
struct Shop(Result<Vec<SearchText>, SourceError>);

#[async_trait]
impl KeywordSource for Shop {
    async fn search_texts(&self, cards: &[OwnCard], _: &ToolContext) -> Result<Vec<SearchText>, SourceError> {
        assert!(!cards.is_empty(), "the report is told by the cards");
        self.0.clone()
    }
    async fn own_cards(&self, query: &KeywordQuery, _: &ToolContext) -> Result<Vec<OwnCard>, SourceError> {
        Ok(vec![OwnCard {
            title: format!("{} сатин", query.title.clone().unwrap_or_default()), ..OwnCard::default()
        }])
    }
}

async fn called(source: impl KeywordSource, arguments: Value) -> Value {
    let context = ToolContext::of_test();
    KeywordResearch::new("keyword_research", None, Arc::new(source)).call(arguments, &context).await.unwrap()
}

#[tokio::test]
async fn a_call_learns_from_the_source_and_says_what_it_could_not_tell() {
    let title = json!({"title": "Постельное белье", "limit": 3});
    let answer = called(Shop(Ok(rows(&[("постельное белье", 99_000)]))), title.clone()).await;
    assert_eq!(answer["keywords"][0]["phrase"], "постельное белье", "{answer}");
    assert_eq!(answer["keywords"][0]["sources"], json!(["search_report", "own_cards", "text"]), "{answer}");
    assert_eq!((answer["keywords"].as_array().map(Vec::len), &answer["notes"]), (Some(3), &json!([])), "{answer}");
    let error = SourceError::Refused("no token: set `wildberries.token`".into());
    let answer = called(Shop(Err(error)), title).await;
    let note = "the search report could not be read: no token: set `wildberries.token`";
    assert_eq!((&answer["notes"], answer["keywords"].as_array().map(Vec::len)), (&json!([note]), Some(3)), "{answer}");
    let answer = called(NoSource, json!({})).await;
    assert!(answer["notes"][0].as_str().unwrap().contains("`subject`"), "{answer}");
}

/// Never answers.
#[derive(Debug)]
struct Silent;

#[async_trait]
impl KeywordSource for Silent {
    async fn own_cards(&self, _: &KeywordQuery, _: &ToolContext) -> Result<Vec<OwnCard>, SourceError> {
        std::future::pending().await
    }
    async fn search_texts(&self, _: &[OwnCard], _: &ToolContext) -> Result<Vec<SearchText>, SourceError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_source_leaves_time_for_an_answer() {
    let start = tokio::time::Instant::now();
    let answer = called(Silent, json!({"title": "Ceramic mug"})).await;
    assert!(start.elapsed() < ToolContext::of_test().time_max, "{:?}", start.elapsed());
    let notes = [
        "the own cards could not be read: no answer within 24s",
        "the search report could not be read: it is told by the articles of the cards, which are not there",
    ];
    assert_eq!(answer["notes"], json!(notes));
    assert_eq!(answer["keywords"][0]["phrase"], "ceramic mug", "{answer}");
}

/// Texts of few words, so that they meet.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "платье",
        "платья",
        "летнее",
        "летний",
        "для",
        "девочки",
        "dress",
        "dresses",
        "summer",
        "the",
        "iPhone",
        "скидка",
        "500",
        ".",
        "x",
    ]);
    prop::collection::vec(word, 0..7).prop_map(|words| words.join(" "))
}

fn any_request() -> impl Strategy<Value = Request> {
    let texts = || prop::collection::vec(text(), 0..4);
    let searches = prop::collection::vec((text(), 0u64..200_000), 0..8);
    (text(), text(), texts(), texts(), searches, texts()).prop_map(
        |(subject, title, texts, competitors, searches, cards)| Request {
            subject,
            title,
            texts,
            competitors,
            searches: searches.into_iter().map(|(phrase, frequency)| SearchText { phrase, frequency }).collect(),
            cards: cards.into_iter().map(|title| OwnCard { title, ..OwnCard::default() }).collect(),
            ..request(Language::Russian)
        },
    )
}

proptest! {
    #[test]
    fn the_order_of_lists_changes_nothing(asked in any_request()) {
        let mut turned = asked.clone();
        turned.texts.reverse();
        turned.competitors.reverse();
        turned.searches.reverse();
        turned.cards.reverse();
        prop_assert_eq!(research(&asked), research(&turned));
    }

    #[test]
    fn no_two_keywords_are_forms_of_one_phrase(asked in any_request()) {
        let mut seen = HashSet::new();
        for keyword in research(&asked).keywords {
            let stems = Phrase::whole(&keyword.phrase).unwrap().stems;
            prop_assert!(seen.insert(stems), "{}", keyword.phrase);
        }
    }

    #[test]
    fn more_searches_never_lower_a_score(asked in any_request(), which in any::<prop::sample::Index>(), more in 1u64..1_000_000) {
        prop_assume!(!asked.searches.is_empty());
        let at = which.index(asked.searches.len());
        let score = |request: &Request| {
            let stems = Phrase::whole(&request.searches[at].phrase).map(|phrase| phrase.stems);
            let keywords = research(&Request { limit: usize::MAX, ..request.clone() }).keywords;
            keywords.into_iter().find(|it| Phrase::whole(&it.phrase).map(|phrase| phrase.stems) == stems).map(|it| it.score)
        };
        let before = score(&asked);
        let mut searched = asked.clone();
        searched.searches[at].frequency += more;
        let after = score(&searched);
        prop_assert_eq!(before.is_some(), after.is_some());
        prop_assert!(before <= after, "{:?} {:?}", before, after);
    }

    #[test]
    fn any_text_is_taken(title in any::<String>(), phrase in any::<String>(), frequency in any::<u64>()) {
        let searches = vec![SearchText { phrase, frequency }];
        let found = research(&Request { title, searches, ..request(Language::English) });
        prop_assert!(found.keywords.iter().all(|keyword| (0.0..=100.0).contains(&keyword.score)), "{:?}", found);
    }
}
