//! The script of a component test's page: notes what it is asked to run, and answers what a test tells it to.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use dioxus::document::{Document, Eval, EvalError, Evaluator};
use dioxus::signals::Owner;
use serde_json::Value;

/// Everything that the interface asked the page to run.
#[derive(Clone, Default)]
pub struct Scripts {
    run: Rc<RefCell<Vec<Run>>>,
}

struct Run {
    script: String,
    answers: VecDeque<Value>,
    waker: Option<Waker>,
    /// An [`Eval`] holds for as long as its owner lives.
    _owner: Owner,
}

impl Scripts {
    /// The scripts that were run, oldest first.
    pub fn run(&self) -> Vec<String> {
        self.run.borrow().iter().map(|run| run.script.clone()).collect()
    }

    /// The page tells this to the newest script that holds `part`, as `dioxus.send` does.
    pub fn tell(&self, part: &str, message: Value) {
        let mut all = self.run.borrow_mut();
        let run = all.iter_mut().rev().find(|run| run.script.contains(part));
        let run = run.unwrap_or_else(|| panic!("no script with {part} was run"));
        run.answers.push_back(message);
        if let Some(waker) = run.waker.take() {
            waker.wake();
        }
    }
}

impl Document for Scripts {
    fn eval(&self, script: String) -> Eval {
        let owner = Owner::default();
        let number = self.run.borrow().len();
        let waiting = Waiting { number, scripts: self.clone() };
        let eval = Eval::new(owner.insert(Box::new(waiting) as Box<dyn Evaluator>));
        self.run.borrow_mut().push(Run { script, answers: VecDeque::new(), waker: None, _owner: owner });
        eval
    }
}

struct Waiting {
    number: usize,
    scripts: Scripts,
}

impl Evaluator for Waiting {
    fn send(&self, _: Value) -> Result<(), EvalError> {
        Ok(())
    }

    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Value, EvalError>> {
        let mut all = self.scripts.run.borrow_mut();
        let run = &mut all[self.number];
        match run.answers.pop_front() {
            Some(answer) => Poll::Ready(Ok(answer)),
            None => {
                run.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn poll_join(&mut self, context: &mut Context<'_>) -> Poll<Result<Value, EvalError>> {
        self.poll_recv(context)
    }
}
