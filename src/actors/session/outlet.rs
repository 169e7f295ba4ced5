//! The way out of a session: two batches and some small frames, to whoever writes the socket.
//!
//! Both ends live on the thread that serves the socket, so nothing is locked, and a session that says nothing holds no
//! room for it: most sessions are idle.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use protocol::{Code, Epoch, Seq};
use serde::Serialize;
use serde_json::Value;

/// Batches on their way out.
const OUTLET_PLACES: usize = 2;

/// Small frames (answers, pongs) that may wait beside events.
const FRAMES_WAITING_MAX: usize = 64;

/// The client is told that it cannot go on exactly where it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reset {
    /// Why.
    pub reason: Code,
    /// The current history.
    pub epoch: Epoch,
    /// The oldest event that is kept.
    pub first_seq: Seq,
    /// Live events follow after this one.
    pub head: Seq,
    /// The conversation as it stands.
    pub snapshot: Value,
}

/// What the writer of a socket gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Outgoing {
    /// Stored events, as their exact bytes.
    Events {
        /// The history that they count in.
        epoch: Epoch,
        /// Dense, in order.
        events: Vec<(Seq, Arc<str>)>,
    },
    /// A frame of the WebSocket beside events.
    Frame(String),
    /// The answer to a ping of the client.
    Pong(Bytes),
    /// A gap, for SSE.
    Reset(Box<Reset>),
    /// The server goes down.
    Draining {
        /// When to come back.
        reconnect_after_ms: u64,
    },
    /// The last thing.
    Close {
        /// The close code of the WebSocket.
        code: u16,
        /// In words.
        reason: String,
    },
}

#[derive(Debug, Default)]
struct Lane {
    events: VecDeque<Outgoing>,
    frames: VecDeque<Outgoing>,
    session_is_gone: bool,
    writer_is_gone: bool,
    /// Wakes the writer when something came.
    writer: Option<Waker>,
    /// Wakes the session when a place is free.
    session: Option<Waker>,
}

impl Lane {
    fn has_place(&self) -> bool {
        !self.writer_is_gone && self.events.len() < OUTLET_PLACES
    }

    fn push_events(&mut self, outgoing: Outgoing) {
        self.events.push_back(outgoing);
        wake(&mut self.writer);
    }
}

/// No task runs within a wake-up, so the lane is never borrowed twice.
fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

/// The session's end.
#[derive(Debug)]
pub struct Outlet(Rc<RefCell<Lane>>);

/// A place among the events that go out.
#[derive(Debug)]
pub(super) struct Place<'a>(&'a Outlet);

impl Place<'_> {
    /// Takes it.
    pub(super) fn send(self, outgoing: Outgoing) {
        self.0.0.borrow_mut().push_events(outgoing);
    }
}

/// The writer's end: frames go before events.
#[derive(Debug)]
pub struct OutletReader(Rc<RefCell<Lane>>);

impl Outlet {
    /// Both ends.
    pub fn new() -> (Self, OutletReader) {
        let lane = Rc::<RefCell<Lane>>::default();
        (Self(Rc::clone(&lane)), OutletReader(lane))
    }

    /// A place for a batch, if there is one.
    pub(super) fn place(&self) -> Option<Place<'_>> {
        self.0.borrow().has_place().then_some(Place(self))
    }

    /// Waits for a place; `false` when the writer is gone.
    pub(super) fn wait_for_place(&self) -> impl Future<Output = bool> + use<> {
        let lane = Rc::clone(&self.0);
        poll_fn(move |cx| {
            let mut lane = lane.borrow_mut();
            if lane.writer_is_gone || lane.has_place() {
                return Poll::Ready(!lane.writer_is_gone);
            }
            lane.session = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    /// Sends something that must keep its place among events; `false` when there is no place.
    pub(super) fn send_in_order(&self, outgoing: Outgoing) -> bool {
        let place = self.place();
        place.map(|place| place.send(outgoing)).is_some()
    }

    /// Sends a small frame; `false` when too many wait.
    pub(super) fn send_frame(&self, outgoing: Outgoing) -> bool {
        let mut lane = self.0.borrow_mut();
        if lane.writer_is_gone || lane.frames.len() >= FRAMES_WAITING_MAX {
            return false;
        }
        lane.frames.push_back(outgoing);
        wake(&mut lane.writer);
        true
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut lane = self.0.borrow_mut();
        lane.session_is_gone = true;
        wake(&mut lane.writer);
    }
}

impl OutletReader {
    /// What goes out next; none when the session is gone and everything was taken.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Outgoing>> {
        let mut lane = self.0.borrow_mut();
        if let Some(frame) = lane.frames.pop_front() {
            return Poll::Ready(Some(frame));
        }
        if let Some(events) = lane.events.pop_front() {
            wake(&mut lane.session);
            return Poll::Ready(Some(events));
        }
        if lane.session_is_gone {
            return Poll::Ready(None);
        }
        lane.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// As [`Self::poll_next`], to be awaited.
    pub async fn next(&mut self) -> Option<Outgoing> {
        poll_fn(|cx| self.poll_next(cx)).await
    }
}

impl Drop for OutletReader {
    fn drop(&mut self) {
        let mut lane = self.0.borrow_mut();
        lane.writer_is_gone = true;
        (lane.events, lane.frames) = Default::default();
        wake(&mut lane.session);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn events(seq: u64) -> Outgoing {
        Outgoing::Events { epoch: "e".parse().unwrap(), events: vec![(Seq(seq), "x".into())] }
    }

    fn frame(text: &str) -> Outgoing {
        Outgoing::Frame(text.to_owned())
    }

    #[test]
    fn frames_go_before_events_and_events_keep_their_order() {
        let (outlet, mut reader) = Outlet::new();
        assert!(outlet.send_in_order(events(1)) && outlet.send_in_order(events(2)) && outlet.send_frame(frame("pong")));
        let mut next = || reader.next().now_or_never().flatten();
        assert_eq!([next(), next(), next(), next()], [Some(frame("pong")), Some(events(1)), Some(events(2)), None]);
    }

    #[test]
    fn a_third_batch_waits_until_one_is_taken() {
        let (outlet, mut reader) = Outlet::new();
        assert!(outlet.send_in_order(events(1)) && outlet.send_in_order(events(2)));
        assert!(!outlet.send_in_order(events(3)) && outlet.place().is_none());
        let mut wait = Box::pin(outlet.wait_for_place());
        assert_eq!(wait.as_mut().now_or_never(), None);
        reader.next().now_or_never().flatten().unwrap();
        assert_eq!(wait.now_or_never(), Some(true));
    }

    #[test]
    fn a_client_that_takes_no_answers_is_told_by_a_full_lane() {
        let (outlet, _reader) = Outlet::new();
        assert!((0..FRAMES_WAITING_MAX).all(|_| outlet.send_frame(frame("x"))));
        assert!(!outlet.send_frame(frame("x")));
    }

    #[test]
    fn what_was_sent_goes_out_after_the_session_is_gone() {
        let (outlet, mut reader) = Outlet::new();
        outlet.send_frame(frame("bye"));
        drop(outlet);
        assert_eq!(reader.next().now_or_never(), Some(Some(frame("bye"))));
        assert_eq!(reader.next().now_or_never(), Some(None));
    }

    #[test]
    fn nobody_waits_for_a_writer_that_is_gone() {
        let (outlet, reader) = Outlet::new();
        outlet.send_in_order(events(1));
        outlet.send_in_order(events(2));
        let wait = outlet.wait_for_place();
        drop(reader);
        assert_eq!(wait.now_or_never(), Some(false));
        assert!(outlet.place().is_none() && !outlet.send_frame(frame("x")));
    }
}
