//! `hongyan serve`

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Serve;
use crate::config::Config;
use crate::node::{Demo, Node};
use crate::output::tell;
use crate::{precedence, telemetry};

/// Runs a server until it is told to stop.
pub async fn serve(options: Serve) -> anyhow::Result<()> {
    let config = Config::load(options.config.clone(), &options.flags())?;
    telemetry::start(&config.log, config.log_format)?;
    for unknown in Config::unknown_variables() {
        tracing::warn!("{unknown}");
    }
    let demo = if options.demo {
        Demo::With
    } else {
        Demo::Without
    };
    let mut signals = Signals::new()?;
    let node = Node::start(&config, demo).await?;
    // Not before: the writer's thread, begun there, has the precedence of the one that began it. On one core this is where
    // all connections are served.
    precedence::give_way();
    greet(&node, &config, demo);

    let failure = tokio::select! {
        () = signals.next() => None,
        failure = node.failed() => Some(failure),
    };
    if let Some(failure) = &failure {
        tracing::error!(%failure, "stopping: what is written from now on could not be relied upon");
    }
    tokio::select! {
        () = node.shutdown() => {}
        () = signals.next() => anyhow::bail!("stopped at once, by a second signal"),
    }
    match failure {
        None => Ok(()),
        Some(failure) => {
            anyhow::bail!("{failure}; stopped, since nothing more could be relied upon")
        }
    }
}

/// What a person at the terminal wants to know first.
fn greet(node: &Node, config: &Config, demo: Demo) {
    let (version, address) = (env!("CARGO_PKG_VERSION"), node.address());
    tell(format_args!(
        "Hongyan 鸿雁 {version} listens on http://{address}"
    ));
    tell(format_args!("  data     {}", config.data_dir.display()));
    if demo == Demo::With {
        tell("  demo     zhangsan@gmail.com, lisi@gmail.com, wangwu@hotmail.com; password 1234");
        tell(format_args!(
            "  try      hongyan chat --server http://{address} --login zhangsan@gmail.com"
        ));
    }
    tell("  stop     Ctrl-C");
}

/// The signals that mean stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// A write beyond the limit on the size of files. Left alone it would end the process; watched, it is an error like
    /// that of a full disk.
    _too_large: Signal,
}

impl Signals {
    const XFSZ: i32 = rustix::process::Signal::XFSZ.as_raw();

    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            _too_large: signal(SignalKind::from_raw(Signals::XFSZ))?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
