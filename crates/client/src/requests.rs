//! Requests on the wire that have no answer yet, by the number that the answer will carry.

use std::collections::HashMap;

use hongyan_delivery::Tick;
use hongyan_protocol::{ClientId, ConversationId, HistoryPage, Seq};
use tokio::sync::oneshot;

use crate::{ANSWER_TIMEOUT, RequestError};

/// Questions of the application at a time. Beyond it they are refused.
pub(crate) const QUESTIONS: usize = 16;

/// Who waits for an answer.
#[derive(Debug)]
pub(crate) enum Asker {
    /// The outbox, for this request.
    Append(ClientId),
    /// The outbox, for what this request replies to.
    Look(ClientId, Seq),
    /// The incoming half, for a page of conversations.
    Sync,
    /// The incoming half, for a gap in this conversation.
    Fetch(ConversationId),
    /// The read marks, for this one.
    Read(ConversationId, Seq),
    /// The application, for a page of history.
    History(oneshot::Sender<Result<HistoryPage, RequestError>>),
}

/// Requests without an answer, on one connection.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last: u64,
    waiting: HashMap<u64, Asker>,
    /// The application's questions and when they were asked, oldest first.
    questions: Vec<(u64, Tick)>,
}

impl Requests {
    /// A number for a request of this asker.
    pub(crate) fn ask(&mut self, asker: Asker) -> u64 {
        self.last += 1;
        self.waiting.insert(self.last, asker);
        self.last
    }

    /// A number for a question of the application.
    ///
    /// # Errors
    /// Gives the asker back when [`QUESTIONS`] wait.
    pub(crate) fn ask_for_application(&mut self, asker: Asker, now: Tick) -> Result<u64, Asker> {
        self.questions
            .retain(|(req, _)| self.waiting.contains_key(req));
        if self.questions.len() >= QUESTIONS {
            return Err(asker);
        }
        let req = self.ask(asker);
        self.questions.push((req, now));
        Ok(req)
    }

    /// Who asked; `None` for an answer that nobody waits for any more.
    pub(crate) fn answered(&mut self, req: u64) -> Option<Asker> {
        self.waiting.remove(&req)
    }

    /// Whether the application waits for an answer.
    pub(crate) fn has_questions(&self) -> bool {
        self.waiting
            .values()
            .any(|asker| matches!(asker, Asker::History(_)))
    }

    /// Lets go of what the incoming half has asked: it is about to ask anew.
    pub(crate) fn forget_incoming(&mut self) {
        self.waiting
            .retain(|_, asker| !matches!(asker, Asker::Sync | Asker::Fetch(_)));
    }

    /// The connection is gone, and with it every answer.
    pub(crate) fn disconnected(&mut self) {
        self.questions.clear();
        for (_, asker) in self.waiting.drain() {
            if let Asker::History(answer) = asker {
                let _ = answer.send(Err(RequestError::Disconnected));
            }
        }
    }

    /// Something comes: answers are still to be expected.
    pub(crate) fn life(&mut self, now: Tick) {
        for (_, asked) in &mut self.questions {
            *asked = now;
        }
    }

    /// When the oldest question is given up.
    pub(crate) fn next_deadline(&self) -> Option<Tick> {
        self.questions
            .first()
            .map(|(_, asked)| asked.after(ANSWER_TIMEOUT))
    }

    /// Gives up the questions that waited too long.
    pub(crate) fn tick(&mut self, now: Tick) {
        while let Some((req, asked)) = self.questions.first().copied()
            && now.since(asked) >= ANSWER_TIMEOUT
        {
            self.questions.remove(0);
            if let Some(Asker::History(answer)) = self.waiting.remove(&req) {
                let _ = answer.send(Err(RequestError::TimedOut));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn questions_are_bounded_and_given_up_in_time() {
        let mut requests = Requests::default();
        let mut answers = Vec::new();
        let asked = Tick::from_millis(5);
        for _ in 0..QUESTIONS {
            let (sender, answer) = oneshot::channel();
            answers.push(answer);
            requests
                .ask_for_application(Asker::History(sender), asked)
                .unwrap();
        }
        let (sender, _answer) = oneshot::channel();
        assert!(
            requests
                .ask_for_application(Asker::History(sender), asked)
                .is_err()
        );
        assert_eq!(requests.next_deadline(), Some(asked.after(ANSWER_TIMEOUT)));
        requests.tick(asked.after(ANSWER_TIMEOUT));
        for answer in answers {
            assert_eq!(answer.await.unwrap(), Err(RequestError::TimedOut));
        }
        assert!(!requests.has_questions());
        assert_eq!(requests.next_deadline(), None);
    }
}
