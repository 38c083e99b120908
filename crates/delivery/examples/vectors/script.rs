//! A script is a list of events with their times; replaying it adds the actions that follow from each.

use hongyan_delivery::Tick;
use serde_json::{Value, json};

/// A machine that scripts can drive.
pub(crate) trait Machine {
    /// Takes one event in; what follows, in order.
    fn take(&mut self, event: &Value, now: Tick) -> Vec<Value>;

    /// When it wants to be ticked.
    fn next_deadline(&self) -> Option<Tick>;
}

/// Replays a script: its name, and the time in milliseconds and the event of each step.
pub(crate) fn replay(name: &str, mut machine: impl Machine, steps: Vec<(u64, Value)>) -> Value {
    let steps = steps.into_iter().map(|(at, event)| {
        let actions = machine.take(&event, Tick::from_millis(at));
        let next_deadline = machine.next_deadline().map(Tick::as_millis);
        json!({ "at": at, "event": event, "actions": actions, "next_deadline": next_deadline })
    });
    let steps: Vec<Value> = steps.collect();
    json!({ "name": name, "steps": steps })
}

/// The file: one script after the other, one step a line, so that a change shows as one line.
pub(crate) fn to_text(scripts: &[Value]) -> String {
    let scripts: Vec<String> = scripts
        .iter()
        .map(|script| {
            let steps = script["steps"].as_array().into_iter().flatten();
            let steps: Vec<String> = steps.map(|step| format!("    {step}")).collect();
            let name = &script["name"];
            format!(
                "  {{\"name\": {name}, \"steps\": [\n{}\n  ]}}",
                steps.join(",\n")
            )
        })
        .collect();
    format!("[\n{}\n]\n", scripts.join(",\n"))
}
