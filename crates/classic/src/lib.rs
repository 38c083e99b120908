//! The classic protocol: an adapter for clients of the course system that Hongyan grew out of.
//!
//! classic frames and HTTP calls → **classic** → service; service → hub → **classic** → pushes
//!
//! Owns: frames 0 to 6 at `/`, the course's HTTP calls, the page at `/classic`, the demo's pictures at `/images`.
//! Promises: clients written for that system work unmodified; identity comes from the login alone,
//! whatever ids a frame names; bad input costs an error frame, and the connection only if it goes on;
//! neither tokens nor message texts reach the log.
//! Not here: rules of messaging (`service`), sockets, outboxes and the door (`gateway::adapter`).
//!
//! Two rooms: `delivery` says what to push, when to push it again and when to give up, without sockets, clocks or
//! randomness; `edge` is all that speaks to clients.
//!
//! `docs/CLASSIC.md` describes the protocol, `docs/MECHANISMS.md` what each of its mechanisms is for.

mod delivery;
mod edge;

pub use edge::{Settings, routes};
