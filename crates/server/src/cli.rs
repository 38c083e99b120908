//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use hongyan_client::ClientId;

use crate::chat::Language;
use crate::config::Flags;

/// Hongyan 鸿雁: instant messaging that you run yourself.
///
/// Start a server with `hongyan serve`, then sign in with `hongyan chat`.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve(Serve),
    /// Chat in the terminal.
    Chat(Chat),
    /// Send one message and wait until it is stored.
    Send(Send),
    /// Print what arrives, one line an entry, until interrupted.
    Tail(Tail),
    /// Add users, list them, set passwords.
    User(User),
    /// Verify the database: every log dense, every position and unread count right.
    Check(Check),
    /// Copy the database to a file, while the server runs or while it does not.
    Backup(Backup),
    /// Put a backup in the place of the database. The server must not run.
    Restore(Restore),
    /// Measure a server as its users would.
    Bench(hongyan_bench::Options),
}

/// `hongyan serve`
#[derive(Debug, Args)]
#[command(
    after_help = "Settings come from the file, then from HONGYAN_… variables, then from these flags; \
    the last one wins. Every setting is described in docs/OPERATIONS.md.\n\n\
    Stop it with Ctrl-C: it tells its clients to come back, finishes what it has taken, and ends. \
    A second Ctrl-C ends it at once; nothing that was acknowledged is lost even then."
)]
pub struct Serve {
    /// A configuration file (TOML).
    #[arg(long, env = "HONGYAN_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The address to listen on [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// The folder that holds the database [default: data].
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Make the demo's users 张三, 李四 and 王五 (password 1234). Loopback only.
    #[arg(long)]
    pub demo: bool,
}

impl Serve {
    /// What overrides the file and the environment.
    pub fn flags(&self) -> Flags {
        Flags {
            listen: self.listen,
            data_dir: self.data_dir.clone(),
            demo: self.demo,
        }
    }
}

/// Where and as whom a client command signs in.
#[derive(Debug, Clone, Args)]
pub struct SignIn {
    /// The server.
    #[arg(
        long,
        env = "HONGYAN_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080"
    )]
    pub server: String,
    /// The login name. Asked for where it is not given.
    #[arg(long, env = "HONGYAN_LOGIN", value_name = "NAME")]
    pub login: Option<String>,
    /// The password. Better left to the prompt or the variable: a command line is no secret.
    #[arg(
        long,
        env = "HONGYAN_PASSWORD",
        value_name = "PASSWORD",
        hide_env_values = true
    )]
    pub password: Option<String>,
}

/// `hongyan chat`
#[derive(Debug, Args)]
pub struct Chat {
    /// Where and as whom.
    #[command(flatten)]
    pub sign_in: SignIn,
    /// The language of the interface: en or zh [default: from LANG].
    #[arg(long, env = "LANG", value_parser = language, default_value = "en", hide_default_value = true, hide_env = true)]
    pub lang: Language,
    /// The folder for messages that are on their way, so that they outlive the program
    /// [default: .local/state/hongyan in the home folder].
    #[arg(long, value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// One line a message instead of the full screen; for pipes and scripts.
    #[arg(long)]
    pub plain: bool,
}

/// The language that a name such as `zh_CN.UTF-8` asks for; English where it is another.
fn language(name: &str) -> Result<Language, std::convert::Infallible> {
    Ok(Language::of_locale(name))
}

/// Reads a client id as the protocol has it.
fn client_id(text: &str) -> Result<ClientId, hongyan_client::protocol::InvalidId> {
    ClientId::new(text)
}

/// `hongyan send`
#[derive(Debug, Args)]
#[command(after_help = "Exit codes:\n  \
    0   the message is stored\n  \
    1   it was refused, and is not stored\n  \
    2   the command line is wrong\n  \
    75  no answer in time, or no server: run it again later; with --client-id the message is stored once\n\n\
    Each run signs in as a device of its own and signs out at its end, so many may run at once.")]
pub struct Send {
    /// Where and as whom.
    #[command(flatten)]
    pub sign_in: SignIn,
    /// The login name of the user to send to.
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// A name of your own for this message, such as the id of the job that sends it: 1 to 64 visible ASCII
    /// characters. However often the command runs under the same name, the message is stored once.
    #[arg(long, value_name = "NAME", value_parser = client_id)]
    pub client_id: Option<ClientId>,
    /// How long to go on trying while the server is busy or away, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub timeout: u64,
    /// The text. `-` reads it from standard input.
    pub text: String,
}

/// `hongyan tail`
#[derive(Debug, Args)]
pub struct Tail {
    /// Where and as whom.
    #[command(flatten)]
    pub sign_in: SignIn,
    /// Print everything from the first entry on, not only what is new.
    #[arg(long)]
    pub all: bool,
    /// Print JSON as it is on the wire.
    #[arg(long)]
    pub json: bool,
    /// End after this many entries.
    #[arg(long, value_name = "COUNT")]
    pub count: Option<u64>,
}

/// Which database a command of the operator works on.
#[derive(Debug, Args)]
pub struct Database {
    /// The folder that holds the database [default: data].
    #[arg(long, value_name = "FOLDER", global = true)]
    pub data_dir: Option<PathBuf>,
    /// The server's configuration file (TOML).
    #[arg(long, env = "HONGYAN_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
}

/// `hongyan user`
#[derive(Debug, Args)]
pub struct User {
    /// Which database.
    #[command(flatten)]
    pub database: Database,
    /// What to do.
    #[command(subcommand)]
    pub action: UserAction,
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub enum UserAction {
    /// Add a user. The password is asked for, or read from a pipe.
    Add {
        /// The name to sign in with.
        login: String,
        /// The name to show [default: the login name].
        #[arg(long)]
        name: Option<String>,
        /// The picture: a file name or a URL.
        #[arg(long)]
        avatar: Option<String>,
        /// Make the database if there is none in the folder.
        #[arg(long)]
        create: bool,
    },
    /// List all users.
    List,
    /// Set a user's password, and sign the user out everywhere.
    Passwd {
        /// The name to sign in with.
        login: String,
    },
}

/// `hongyan check`
#[derive(Debug, Args)]
pub struct Check {
    /// Mend what can be mended, while no server runs: carry out what can be read of a damaged journal, build broken indexes
    /// anew; and say what could not be saved. Keep a copy of all hongyan.db* first.
    #[arg(long)]
    pub repair: bool,
    /// Which database.
    #[command(flatten)]
    pub database: Database,
}

/// `hongyan backup`
#[derive(Debug, Args)]
#[command(
    after_help = "The file has everything that was acknowledged before the command began. It is whole and checked when \
    the command ends, and readable by its owner only. An existing file is not overwritten.\n\n\
    Put it back with `hongyan restore`."
)]
pub struct Backup {
    /// The new file.
    pub file: PathBuf,
    /// Which database.
    #[command(flatten)]
    pub database: Database,
}

/// `hongyan restore`
#[derive(Debug, Args)]
#[command(
    after_help = "What was sent after the backup is gone from the server. Clients notice, read everything anew, and send \
    again what they had sent themselves. Devices that signed in after the backup have to sign in again."
)]
pub struct Restore {
    /// The backup.
    pub file: PathBuf,
    /// Which database.
    #[command(flatten)]
    pub database: Database,
    /// Put the database aside that is there.
    #[arg(long)]
    pub replace: bool,
}
