//! How bad things are. Chances are in a thousand, delays in milliseconds.

use proptest::prelude::*;

/// How bad things are.
#[derive(Debug, Clone)]
pub(crate) struct Weather {
    /// Notices between the log and a connection's server half.
    pub(crate) notice_lost: u64,
    pub(crate) notice_doubled: u64,
    pub(crate) notice_delay: u64,
    /// Frames on a connection: late, but in order, as TCP has it.
    pub(crate) frame_delay: u64,
    /// At each step of the storm.
    pub(crate) break_link: u64,
    pub(crate) restart_client: u64,
    pub(crate) restart_server: u64,
    /// An earlier state of the log is put back. Then nobody recalls, so that everything is to be there in the end.
    pub(crate) restore_log: u64,
    pub(crate) swallow_acks: u64,
    /// Requests that the server puts off, or refuses for good.
    pub(crate) overloaded: u64,
    pub(crate) refused: u64,
    /// Reads of the log by the server half.
    pub(crate) fetch_failed: u64,
}

impl Weather {
    pub(crate) const CLEAR: Self = Self {
        notice_lost: 0,
        notice_doubled: 0,
        notice_delay: 1,
        frame_delay: 20,
        break_link: 0,
        restart_client: 0,
        restart_server: 0,
        restore_log: 0,
        swallow_acks: 0,
        overloaded: 0,
        refused: 0,
        fetch_failed: 0,
    };

    /// Bad in every way at once.
    pub(crate) const STORM: Self = Self {
        notice_lost: 200,
        notice_doubled: 200,
        notice_delay: 800,
        frame_delay: 400,
        break_link: 20,
        restart_client: 10,
        restart_server: 5,
        restore_log: 0,
        swallow_acks: 10,
        overloaded: 200,
        refused: 20,
        fetch_failed: 200,
    };
}

/// Any weather: every kind of trouble from none to more than in a storm.
pub(crate) fn any_weather() -> impl Strategy<Value = Weather> {
    let notices = (0..500_u64, 0..500_u64, 1..2000_u64);
    let links = (1..1500_u64, 0..60_u64);
    let restarts = (
        0..30_u64,
        0..15_u64,
        0..30_u64,
        prop_oneof![Just(0), 0..20_u64],
    );
    let refusals = (0..500_u64, 0..50_u64, 0..500_u64);
    (notices, links, restarts, refusals).prop_map(|(notices, links, restarts, refusals)| Weather {
        notice_lost: notices.0,
        notice_doubled: notices.1,
        notice_delay: notices.2,
        frame_delay: links.0,
        break_link: links.1,
        restart_client: restarts.0,
        restart_server: restarts.1,
        restore_log: restarts.3,
        swallow_acks: restarts.2,
        overloaded: refusals.0,
        refused: refusals.1,
        fetch_failed: refusals.2,
    })
}
