//! What waits for its commit, and those who wait until all that came before them is stored.

use std::collections::VecDeque;

use tokio::sync::oneshot;

/// Numbers what comes. Jobs may change places while they wait: a barrier goes by numbers, not by places, and what comes
/// after it never holds it up.
#[derive(Debug)]
pub(super) struct Queue<Job> {
    jobs: VecDeque<(u64, Job)>,
    /// The number of the next job.
    next: u64,
    /// Each with the number that all open jobs must have reached.
    barriers: Vec<(u64, oneshot::Sender<()>)>,
}

impl<Job> Default for Queue<Job> {
    fn default() -> Self {
        Self { jobs: VecDeque::new(), next: 0, barriers: Vec::new() }
    }
}

impl<Job> Queue<Job> {
    pub(super) fn push(&mut self, job: Job) {
        self.jobs.push_back((self.next, job));
        self.next += 1;
    }

    pub(super) fn pop(&mut self) -> Option<Job> {
        self.jobs.pop_front().map(|(_, job)| job)
    }

    /// The first one goes to the end.
    pub(super) fn put_back_first(&mut self) {
        if let Some(first) = self.jobs.pop_front() {
            self.jobs.push_back(first);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().map(|(_, job)| job)
    }

    /// Tells `done` when everything that came until now has left.
    pub(super) fn wait_for_all(&mut self, done: oneshot::Sender<()>) {
        self.barriers.push((self.next, done));
        self.release();
    }

    /// Tells those who need not wait any longer. To be called when jobs have left and were answered.
    pub(super) fn release(&mut self) {
        if self.barriers.is_empty() {
            return;
        }
        let oldest = self.jobs.iter().map(|(number, _)| *number).min().unwrap_or(self.next);
        for (_, done) in self.barriers.extract_if(.., |(reached, _)| *reached <= oldest) {
            // Whoever asked may have lost patience.
            done.send(()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn barrier(queue: &mut Queue<u32>) -> oneshot::Receiver<()> {
        let (done, waits) = oneshot::channel();
        queue.wait_for_all(done);
        waits
    }

    fn pop(queue: &mut Queue<u32>) -> Option<u32> {
        let job = queue.pop();
        queue.release();
        job
    }

    #[test]
    fn a_barrier_waits_for_what_came_before_it_and_for_nothing_else() {
        let mut queue = Queue::default();
        assert_eq!(barrier(&mut queue).try_recv(), Ok(()), "there is nothing to wait for");
        queue.push(1);
        queue.push(2);
        let mut waits = barrier(&mut queue);
        queue.push(3);
        let mut later = barrier(&mut queue);
        assert_eq!(pop(&mut queue), Some(1));
        assert!(waits.try_recv().is_err(), "2 is open");
        queue.push(4);
        assert_eq!(pop(&mut queue), Some(2));
        assert_eq!(waits.try_recv(), Ok(()), "3 and 4 came later");
        assert!(later.try_recv().is_err(), "3 is open");
        assert_eq!(pop(&mut queue), Some(3));
        assert_eq!((later.try_recv(), queue.len()), (Ok(()), 1));
    }

    #[test]
    fn a_job_that_lets_others_go_first_is_waited_for_all_the_same() {
        let mut queue = Queue::default();
        queue.push(1);
        let mut waits = barrier(&mut queue);
        queue.push(2);
        queue.put_back_first();
        assert_eq!(pop(&mut queue), Some(2));
        assert!(waits.try_recv().is_err(), "1 is open");
        assert_eq!((pop(&mut queue), waits.try_recv()), (Some(1), Ok(())));
    }
}
