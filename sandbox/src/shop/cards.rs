//! Cards that come, are looked at later, and appear or are rejected.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Card, Draft, Job, Refusal, Shop, Size, Work, card::stamp, push_bounded, rules::CardError};
use crate::catalog::{Locale, subject};

const GROUPS_MAX: usize = 100;
const VARIANTS_MAX: usize = 30;
const UPDATES_MAX: usize = 3_000;
/// The size of what has none.
const NO_SIZE: &str = "0";

/// One batch of cards in the queue.
#[derive(Debug)]
pub(crate) struct CardJob {
    pub(crate) subject: u64,
    pub(crate) imt: Option<u64>,
    pub(crate) drafts: Vec<(Option<u64>, Draft)>,
}

/// Cards that were rejected together.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) uuid: Uuid,
    pub(crate) at: DateTime<Utc>,
    pub(crate) rejected: Vec<Rejected>,
}

/// One card that was rejected, and why.
#[derive(Debug, Clone)]
pub(crate) struct Rejected {
    vendor_code: String,
    subject: u64,
    brand: String,
    errors: Vec<CardError>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(rename = "subjectID")]
    subject: u64,
    variants: Vec<Draft>,
}

#[derive(Deserialize)]
struct Joined {
    #[serde(rename = "imtID")]
    imt: u64,
    #[serde(rename = "cardsToAdd")]
    cards: Vec<Draft>,
}

#[derive(Deserialize)]
struct Update {
    #[serde(rename = "nmID")]
    nm: u64,
    #[serde(flatten)]
    draft: Draft,
}

impl CardJob {
    pub(crate) fn vendor_codes(&self) -> Vec<&str> {
        self.drafts.iter().map(|(_, draft)| draft.vendor_code.as_str()).collect()
    }
}

impl Batch {
    /// As `cards/error/list` shows it.
    pub(crate) fn shown(&self, locale: Locale) -> Value {
        let by_code = |shown: &dyn Fn(&Rejected) -> Value| -> Map<String, Value> {
            self.rejected.iter().map(|card| (card.vendor_code.clone(), shown(card))).collect()
        };
        let name = |id| subject(id).map_or("", |known| known.name.of(locale));
        json!({
            "batchUUID": self.uuid,
            "subjects": by_code(&|card| json!({ "id": card.subject, "name": name(card.subject) })),
            "brands": by_code(&|card| json!(card.brand)),
            "vendorCodes": self.rejected.iter().map(|card| &card.vendor_code).collect::<Vec<_>>(),
            "errors": by_code(&|card| card.errors.iter().map(|error| error.text(locale)).collect()),
        })
    }

    /// When it was made, to the microsecond, as the cursor carries it.
    pub(crate) fn stamp(&self) -> String {
        stamp(self.at)
    }
}

impl Shop {
    /// `cards/upload`: queues new cards, each group under one `imtID`.
    pub(crate) fn upload_cards(&mut self, body: &[u8], due: DateTime<Utc>) -> Result<(), Refusal> {
        let groups: Vec<Group> = parse(body)?;
        let fits = groups.len() <= GROUPS_MAX && groups.iter().all(|group| group.variants.len() <= VARIANTS_MAX);
        if groups.is_empty() || !fits || groups.iter().any(|group| group.variants.is_empty()) {
            return Err(malformed());
        }
        for group in &groups {
            self.accept(group.subject, &group.variants)?;
        }
        let job = |group: Group| CardJob { subject: group.subject, imt: None, drafts: new(group.variants) };
        let jobs = groups.into_iter().map(|group| queued("/content/v2/cards/upload", due, job(group)));
        self.queue_up(jobs.collect())
    }

    /// `cards/upload/add`: queues new cards that join an `imtID`.
    pub(crate) fn join_cards(&mut self, body: &[u8], due: DateTime<Utc>) -> Result<(), Refusal> {
        let Joined { imt, cards } = parse(body)?;
        let known = self.cards.iter().find(|card| card.imt == imt);
        let subject = known.ok_or_else(|| Refusal::bad("imtID not found").with(json!({ "imtID": imt })))?.subject;
        if cards.is_empty() || cards.len() > VARIANTS_MAX {
            return Err(malformed());
        }
        self.accept(subject, &cards)?;
        let job = CardJob { subject, imt: Some(imt), drafts: new(cards) };
        self.queue_up(vec![queued("/content/v2/cards/upload/add", due, job)])
    }

    /// `cards/update`: queues new words for cards that exist.
    pub(crate) fn update_cards(&mut self, body: &[u8], due: DateTime<Utc>) -> Result<(), Refusal> {
        let updates: Vec<Update> = parse(body)?;
        if updates.is_empty() || updates.len() > UPDATES_MAX {
            return Err(malformed());
        }
        let mut jobs = Vec::new();
        for Update { nm, draft } in updates {
            let unknown = || Refusal::bad("nmID not found").with(json!({ "nmID": nm }));
            let subject = self.card(nm).ok_or_else(unknown)?.subject;
            if draft.vendor_code.trim().is_empty() {
                return Err(no_vendor_code());
            }
            let job = CardJob { subject, imt: None, drafts: vec![(Some(nm), draft)] };
            jobs.push(queued("/content/v2/cards/update", due, job));
        }
        self.queue_up(jobs)
    }

    /// What is refused at once; everything else is seen only when the cards are looked at.
    fn accept(&self, subject_id: u64, drafts: &[Draft]) -> Result<(), Refusal> {
        if subject(subject_id).is_none() {
            let more = json!({ "id": subject_id.to_string() });
            return Err(Refusal::bad("This category does not exist").with(more));
        }
        if drafts.iter().any(|draft| draft.vendor_code.trim().is_empty()) {
            return Err(no_vendor_code());
        }
        let used = |draft: &Draft| self.cards.iter().any(|card| card.draft.vendor_code == draft.vendor_code);
        if drafts.iter().any(used) {
            let text = "bad request; Unexpected the specified card's vendor code is used in other cards";
            return Err(Refusal::bad(text).with(json!({})));
        }
        Ok(())
    }

    /// Looks at queued cards: each appears, is changed, or lands among the errors. Says how many effects there were.
    pub(super) fn look_at(&mut self, job: CardJob, now: DateTime<Utc>) -> u64 {
        let imt = job.imt.unwrap_or_else(|| self.next_id());
        let (mut effects, mut rejected) = (0, Vec::new());
        for (nm, draft) in job.drafts {
            // A card that is sent again takes its errors off the list, whatever comes of it now.
            self.forgive(&draft.vendor_code);
            let mut errors = self.card_errors(nm, job.subject, &draft);
            errors.extend(self.faults.reject_card().map(CardError::Scripted));
            if errors.is_empty() {
                self.keep(nm, imt, job.subject, draft, now);
                effects += 1;
            } else {
                let Draft { vendor_code, brand, .. } = draft;
                rejected.push(Rejected { vendor_code, subject: job.subject, brand, errors });
            }
        }
        if !rejected.is_empty() {
            let batch = Batch { uuid: self.next_uuid(), at: now, rejected };
            push_bounded(&mut self.batches, batch, self.bounds.history_max);
        }
        effects
    }

    fn forgive(&mut self, vendor_code: &str) {
        for batch in &mut self.batches {
            batch.rejected.retain(|card| card.vendor_code != vendor_code);
        }
        self.batches.retain(|batch| !batch.rejected.is_empty());
    }

    /// Makes the card, or writes over the one that there is.
    fn keep(&mut self, nm: Option<u64>, imt: u64, subject_id: u64, mut draft: Draft, now: DateTime<Utc>) {
        let at = self.cards.iter().position(|card| Some(card.nm) == nm);
        if let Some(at) = at {
            inherit(&mut draft, &self.cards[at].draft);
        }
        self.complete(&mut draft, subject_id);
        if let Some(at) = at {
            let card = &mut self.cards[at];
            card.draft = draft;
            card.updated = now;
            return;
        }
        let price = draft.sizes.first().and_then(|size| size.price).unwrap_or(0);
        let (nm, uuid) = (self.next_id(), self.next_uuid());
        self.cards.push(Card {
            nm,
            imt,
            uuid,
            subject: subject_id,
            draft,
            photos: Vec::new(),
            video: None,
            created: now,
            updated: now,
            price,
            discount: 0,
            demand: None,
        });
    }

    /// What the marketplace adds itself: a size, its number, a barcode.
    pub(crate) fn complete(&mut self, draft: &mut Draft, subject_id: u64) {
        if draft.sizes.is_empty() {
            draft.sizes.push(Size::default());
        }
        let sized = subject(subject_id).is_some_and(|known| known.sized);
        for size in &mut draft.sizes {
            if size.tech.is_empty() {
                let (tech, wb) = if sized { ("A", "1") } else { (NO_SIZE, "") };
                tech.clone_into(&mut size.tech);
                wb.clone_into(&mut size.wb);
            }
            size.chrt = size.chrt.or_else(|| Some(self.next_id()));
            if size.skus.is_empty() {
                size.skus.push(self.barcode());
            }
        }
    }
}

/// Sizes and their barcodes can be added and never taken away.
fn inherit(draft: &mut Draft, old: &Draft) {
    for old in &old.sizes {
        let same = |new: &&mut Size| new.chrt == old.chrt || (new.chrt.is_none() && new.tech == old.tech);
        let only = old.tech == NO_SIZE;
        let Some(new) = draft.sizes.iter_mut().find(|new| same(new) || (only && new.tech.is_empty())) else {
            draft.sizes.push(old.clone());
            continue;
        };
        let lost = old.skus.iter().filter(|sku| !new.skus.contains(sku)).cloned().collect::<Vec<_>>();
        new.skus.extend(lost);
        new.chrt = old.chrt;
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|_| malformed())
}

fn malformed() -> Refusal {
    Refusal::bad("Invalid request format").with(json!({}))
}

fn no_vendor_code() -> Refusal {
    Refusal::bad("A card cannot be created without a vendorCode").with(json!({}))
}

fn new(drafts: Vec<Draft>) -> Vec<(Option<u64>, Draft)> {
    drafts.into_iter().map(|draft| (None, draft)).collect()
}

const fn queued(call: &'static str, due: DateTime<Utc>, cards: CardJob) -> Job {
    Job { due, call, work: Work::Cards(cards) }
}
