//! No wake-up is lost between the threads that meet at the bell, the alarm and the outbox.
//!
//! These three files are built here once more, with Shuttle's locks and atomics in `sync`. Shuttle runs one thread at a
//! time, and chooses after each step which runs next. It tries many such schedules, and reports a deadlock where a task
//! waits and nobody will wake it. It shows a failed schedule as text, for [`shuttle::replay`].
//!
//! Shuttle's atomics are sequentially consistent: an ordering that is too weak is not found here.

#[path = "../../src/connection/alarm.rs"]
mod alarm;
#[path = "../../src/transport/bell.rs"]
mod bell;
#[path = "../../src/outbox.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the gateway uses more of it, and passes some on"
)]
mod outbox;
mod schedules;
mod sync;
mod the_alarm;
mod the_bell;
mod the_outbox;

use hongyan_gateway::limits;
