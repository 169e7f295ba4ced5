//! Making cards, so that one is made and not two, and finding out what became of them.
//!
//! The marketplace takes cards into a queue and says later, in two lists, whether it made them. A vendor code names a card in
//! both. So before an upload the lists are read, and after one whose answer was lost they are read again.

use std::{collections::BTreeSet, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    answers_content::{Card, CardErrors},
    cards::{CardUpdate, CardUpload},
    check,
    client::{Shop, Sort},
    error::{ArgumentCode, WildberriesError},
    family::{Family, Host},
    problems::{Problem, problem},
    queries::CardsQuery,
    read::post,
    reply::Envelope,
    transport::Request,
};

/// How to find out what became of cards whose answer was lost.
const UPLOAD_NEXT: &str = "ask `card_result` for the vendor code; calling it again is safe, since a card of that code is looked \
                           for first";
const UPDATE_NEXT: &str = "calling it again is safe: the same card is written once more";
/// How far back errors are looked through: 300 uploads.
const ERROR_PAGES_MAX: u32 = 3;
/// How many pages of cards that hold a vendor code somewhere are looked through.
const CARD_PAGES_MAX: u32 = 5;
/// The first and the longest pause between two looks.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(15));

/// What became of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum UploadOutcome {
    /// In the queue; `card_result` says what became of each.
    #[serde(rename_all = "camelCase")]
    Queued {
        /// The cards.
        vendor_codes: Vec<String>,
        /// Errors that were there before: `ignoreBatches` of `card_result`.
        ignore_batches: Vec<String>,
    },
    /// Cards of all these vendor codes are there already: nothing was sent.
    Already {
        /// They.
        cards: Vec<CardName>,
    },
}

/// A card that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardName {
    /// The seller's own code.
    pub vendor_code: String,
    /// Its article.
    #[serde(rename = "nmID")]
    pub nm_id: u64,
}

/// What became of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CardResult {
    /// It is there.
    Accepted {
        /// Its article.
        #[serde(rename = "nmID")]
        nm_id: u64,
    },
    /// It is not, or its change is not.
    #[serde(rename_all = "camelCase")]
    Rejected {
        /// What is wrong.
        problems: Vec<Problem>,
        /// Which upload: `ignoreBatches` of a later call, after a better one was sent.
        batch: String,
        /// Its article, if an earlier state of it is there.
        #[serde(rename = "nmID")]
        nm_id: Option<u64>,
    },
    /// Neither, so far.
    #[serde(rename_all = "camelCase")]
    Waiting {
        /// How long was waited, in seconds.
        waited_secs: u64,
        /// What to do.
        next: &'static str,
    },
}

/// What both lists say of some cards.
#[derive(Debug, Default)]
struct Look {
    cards: Vec<CardName>,
    errors: Vec<CardErrors>,
}

impl Look {
    fn batches(&self) -> Vec<String> {
        self.errors.iter().map(|batch| batch.batch_uuid.clone()).collect()
    }

    /// Whether these cards have all come to light: made, or in an error that was not there before.
    fn shows(&self, codes: &[&str], known: &BTreeSet<String>) -> bool {
        let fresh = || self.errors.iter().filter(|batch| !known.contains(&batch.batch_uuid));
        codes.iter().all(|code| {
            self.cards.iter().any(|card| card.vendor_code == *code)
                || fresh().any(|batch| batch.errors.contains_key(*code))
        })
    }
}

impl Shop {
    /// Makes cards. `is_repeat`: an upload of the same may be under way, so they are looked for longer before they are sent.
    ///
    /// # Errors
    /// [`WildberriesError::Lost`] if the answer was lost and the cards did not come to light; to call again is safe.
    pub async fn card_upload(&self, upload: &CardUpload, is_repeat: bool) -> Result<UploadOutcome, WildberriesError> {
        self.checked(upload)?;
        let codes = upload.vendor_codes();
        let patience = if is_repeat { self.limits().settle_time_max } else { Duration::ZERO };
        let before = self.look_until(&codes, None, patience).await?;
        if let Some(done) = all_there(&codes, &before)? {
            return Ok(done);
        }
        let ignore_batches = before.batches();
        let queued = || UploadOutcome::Queued {
            vendor_codes: codes.iter().map(|code| (*code).to_owned()).collect(),
            ignore_batches: ignore_batches.clone(),
        };
        let request = post(Host::Content, "/content/v2/cards/upload", &json!(upload.cards));
        match self.change(Family::CardUpload, UPLOAD_NEXT, request).await {
            Ok(()) => Ok(queued()),
            Err(lost @ WildberriesError::Lost { .. }) => {
                let known = ignore_batches.iter().cloned().collect();
                let after = self.look_until(&codes, Some(&known), self.limits().settle_time_max).await;
                if after.is_ok_and(|after| after.shows(&codes, &known)) { Ok(queued()) } else { Err(lost) }
            }
            // The code was taken between our look and now: by us, perhaps, a moment ago.
            Err(refused @ WildberriesError::Refused { .. }) => {
                let after = self.look(&codes).await;
                after.ok().and_then(|after| all_there(&codes, &after).ok().flatten()).ok_or(refused)
            }
            Err(other) => Err(other),
        }
    }

    /// Writes cards anew that are there. What became of it: [`Shop::card_result`].
    pub async fn card_update(&self, update: &CardUpdate) -> Result<(), WildberriesError> {
        self.checked(update)?;
        let request = post(Host::Content, "/content/v2/cards/update", &json!(update.cards));
        self.change(Family::CardUpdate, UPDATE_NEXT, request).await
    }

    /// Looks for a card until it was made or rejected, or `wait_max` is over. Errors of uploads in `ignore_batches` are old.
    pub async fn card_result(
        &self,
        vendor_code: &str,
        ignore_batches: &[String],
        wait_max: Duration,
    ) -> Result<CardResult, WildberriesError> {
        check::length("vendorCode", vendor_code, 1, super::cards::VENDOR_CODE_CHARS_MAX)?;
        let start = Instant::now();
        let known = ignore_batches.iter().cloned().collect();
        let look = self.look_until(&[vendor_code], Some(&known), wait_max).await?;
        let card = look.cards.first().map(|card| card.nm_id);
        let mut fresh = look.errors.into_iter().filter(|batch| !known.contains(&batch.batch_uuid));
        // An error goes first: of a change that was rejected the card of before is there.
        let rejected = fresh.find_map(|mut batch| Some((batch.errors.remove(vendor_code)?, batch.batch_uuid)));
        Ok(match (rejected, card) {
            (Some((messages, batch)), nm_id) => {
                CardResult::Rejected { problems: messages.iter().map(|words| problem(words)).collect(), batch, nm_id }
            }
            (None, Some(nm_id)) => CardResult::Accepted { nm_id },
            (None, None) => CardResult::Waiting {
                waited_secs: start.elapsed().as_secs(),
                next: "the marketplace has not decided yet, which may take some minutes; ask `card_result` again later",
            },
        })
    }

    /// Sends a change whose answer says no more than that it was taken.
    async fn change(&self, family: Family, next: &'static str, request: Request) -> Result<(), WildberriesError> {
        let envelope: Envelope<Value> = self.ask(family, Sort::Change { next }, request).await?;
        envelope.opened().map(drop)
    }

    /// Looks until all cards have come to light or the time is over; errors in `known` do not count. What was seen last.
    async fn look_until(
        &self,
        codes: &[&str],
        known: Option<&BTreeSet<String>>,
        time_max: Duration,
    ) -> Result<Look, WildberriesError> {
        let until = self.latest(time_max);
        let (mut pause, pause_max) = LOOK_AGAIN;
        let mut last = self.look(codes).await?;
        // Before an upload all errors are old, whatever they say.
        let old = known.map_or_else(|| last.batches().into_iter().collect(), BTreeSet::clone);
        while !last.shows(codes, &old) && Instant::now() + pause <= until {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(pause_max);
            match self.look(codes).await {
                // So much was seen; the next look would only come later than the time that there is.
                Err(WildberriesError::RateLimited { .. }) => break,
                look => last = look?,
            }
        }
        Ok(last)
    }

    async fn look(&self, codes: &[&str]) -> Result<Look, WildberriesError> {
        let mut look = Look::default();
        for code in codes {
            look.cards.extend(
                self.card_named(code).await?.map(|card| CardName { vendor_code: card.vendor_code, nm_id: card.nm_id }),
            );
        }
        let batches = self.card_errors(ERROR_PAGES_MAX).await?;
        look.errors =
            batches.into_iter().filter(|batch| codes.iter().any(|code| batch.errors.contains_key(*code))).collect();
        Ok(look)
    }

    /// The card of a vendor code. The marketplace looks for it as a part of other codes too.
    pub async fn card_named(&self, vendor_code: &str) -> Result<Option<Card>, WildberriesError> {
        let mut query = CardsQuery { search: Some(vendor_code.to_owned()), ..CardsQuery::default() };
        for _ in 0..CARD_PAGES_MAX {
            let page = self.cards_list(&query).await?;
            let found = page.cards.into_iter().find(|card| card.vendor_code == vendor_code);
            if found.is_some() || page.cursor.is_none() {
                return Ok(found);
            }
            query.cursor = page.cursor;
        }
        Ok(None)
    }
}

/// All cards are there: done. None: go on.
fn all_there(codes: &[&str], look: &Look) -> Result<Option<UploadOutcome>, WildberriesError> {
    let there: Vec<&str> = look.cards.iter().map(|card| card.vendor_code.as_str()).collect();
    if there.len() == codes.len() {
        return Ok(Some(UploadOutcome::Already { cards: look.cards.clone() }));
    }
    if there.is_empty() {
        return Ok(None);
    }
    let rule = "cards of these codes are there already; leave them out, or change them with `card_update`";
    Err(WildberriesError::argument(ArgumentCode::VendorCodeTaken, "vendorCode", &there.join(", "), rule))
}
