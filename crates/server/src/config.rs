//! Configuration: defaults, then a file, then the environment, then flags; each overrides the last.
//!
//! A key that does not exist is an error that names the nearest one that does. Not so in the environment, where
//! others set variables as well: what names no setting is passed over there, and told.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

/// Prefix of the environment's variables: `HONGYAN_LISTEN`, `HONGYAN_DELIVERY__ACK_TIMEOUT_MS`.
const ENV_PREFIX: &str = "HONGYAN_";

/// Variables with the prefix that are for the client commands.
const CLIENT_ENV: &[&str] = &["server", "login", "password", "token", "config"];

/// What a deployment may set. Times are in the units that their names say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The folder of the database and of the operator's socket. Made if it is not there.
    pub data_dir: PathBuf,
    /// Origins of web pages, beside the server's own, that may use it: `https://www.example.com`.
    pub allowed_origins: Vec<String>,
    /// Names under which the server may be asked, beside addresses and this machine's: `chat.example.com`.
    pub hosts: Vec<String>,
    /// Reverse proxies whose headers name the client's address and protocol: `127.0.0.1/32`.
    pub trusted_proxies: Vec<String>,
    /// Whether users reach the server by https, so that cookies can be kept to it.
    pub secure_cookies: bool,
    /// What to log: a level, or `target=level` pairs.
    pub log: String,
    /// How to log.
    pub log_format: LogFormat,
    /// For how long a message may be edited.
    pub edit_window_minutes: u64,
    /// For how long a message may be recalled.
    pub recall_window_minutes: u64,
    /// How long a device stays signed in.
    pub session_days: u64,
    /// Whether everybody sees everybody's login name, which may be an e-mail address.
    pub show_logins: bool,
    /// How long a shutdown waits for connections and writes.
    pub shutdown_seconds: u64,
    /// When pushes are repeated and connections given up.
    pub delivery: Delivery,
    /// How long connections may stay quiet.
    pub heartbeat: Heartbeat,
    /// The adapter for classic clients.
    pub classic: Classic,
    /// What one address or user may have of the server.
    pub limits: Limits,
    /// How much of what was said is kept.
    pub retention: Retention,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// See `hongyan_delivery::server::Policy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// From a push to its first re-push.
    pub ack_timeout_ms: u64,
    /// Between re-pushes, and from the last to the close.
    pub repush_interval_ms: u64,
    /// Re-pushes before the connection is closed.
    pub repushes: u32,
}

/// See `hongyan_protocol::heartbeat::Policy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// The first interval on a connection, and the shortest.
    pub start_ms: u64,
    /// The longest while somebody is looking.
    pub foreground_cap_ms: u64,
    /// The longest while nobody is.
    pub background_cap_ms: u64,
    /// From an unanswered ping to the end of the connection.
    pub timeout_ms: u64,
}

/// See `hongyan_classic::Settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classic {
    /// Whether clients of the classic protocol are served, at `/` and `/classic`.
    pub enabled: bool,
    /// Whether pages from any port of this machine may use it, beside `allowed_origins`. The demo's default
    /// is yes.
    pub loopback_origins: bool,
    /// How long such a connection may stay silent.
    pub idle_ms: u64,
}

/// See `hongyan_gateway::DoorSettings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Connections from one address that are no WebSockets, or have not said `hello` yet.
    pub http_connections_per_address: usize,
    /// What a user may cost over time, on all devices.
    pub user_units_per_second: u32,
    /// What an address may cost over time with requests that carry no token.
    pub address_units_per_second: u32,
}

/// See `hongyan_store::Retention`. What is not kept is gone for good. A group may keep less of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Only what is younger than so many days is kept; 0 for all.
    pub days: u32,
    /// Only the newest so many entries of each conversation are kept; 0 for all.
    pub entries: u64,
    /// How often all conversations are looked at for what is not to be kept.
    pub look_every_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        let day = 24 * 60;
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: PathBuf::from("data"),
            allowed_origins: Vec::new(),
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            secure_cookies: false,
            log: "info,refinery_core=warn".into(),
            log_format: LogFormat::Text,
            edit_window_minutes: day,
            recall_window_minutes: day,
            session_days: 90,
            show_logins: false,
            shutdown_seconds: 10,
            delivery: Delivery::default(),
            heartbeat: Heartbeat::default(),
            classic: Classic::default(),
            limits: Limits::default(),
            retention: Retention::default(),
        }
    }
}

impl Default for Delivery {
    fn default() -> Self {
        let policy = hongyan_delivery::server::Policy::default();
        Self {
            ack_timeout_ms: millis(policy.ack_timeout),
            repush_interval_ms: millis(policy.repush_interval),
            repushes: policy.repushes,
        }
    }
}

impl Default for Heartbeat {
    fn default() -> Self {
        let policy = hongyan_protocol::heartbeat::Policy::default();
        Self {
            start_ms: millis(policy.start),
            foreground_cap_ms: millis(policy.foreground_cap),
            background_cap_ms: millis(policy.background_cap),
            timeout_ms: millis(policy.timeout),
        }
    }
}

impl Default for Classic {
    fn default() -> Self {
        let settings = hongyan_classic::Settings::default();
        Self {
            enabled: settings.enabled,
            loopback_origins: settings.loopback_origins,
            idle_ms: millis(settings.idle),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        let rules = hongyan_service::Rules::default();
        Self {
            days: rules.keep.days,
            entries: rules.keep.entries,
            look_every_seconds: rules.keep_looks_every.as_secs(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let settings = hongyan_gateway::DoorSettings::default();
        Self {
            http_connections_per_address: settings.http_connections_per_address,
            user_units_per_second: settings.user_units_per_second,
            address_units_per_second: settings.address_units_per_second,
        }
    }
}

/// What the command line sets. `None` leaves what the file or the environment say.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Flags {
    /// See [`Config::listen`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// See [`Config::data_dir`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// Whether the defaults are those of the demo, which is tried on one machine.
    #[serde(skip)]
    pub demo: bool,
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key that does not exist.
    #[error("there is no setting {key:?}{}{}", from(.source_name), did_you_mean(.nearest))]
    UnknownKey {
        /// The key.
        key: String,
        /// The file or variable that it stands in.
        source_name: Option<String>,
        /// The key that was meant, most likely.
        nearest: Option<String>,
    },
    /// A value that cannot be.
    #[error("{0}")]
    Invalid(String),
    /// The file that was asked for is not there.
    #[error("there is no configuration file {}", .0.display())]
    NoFile(PathBuf),
}

impl Config {
    /// Puts the layers together.
    pub fn load(file: Option<PathBuf>, flags: &Flags) -> Result<Self, ConfigError> {
        if let Some(file) = &file
            && !file.is_file()
        {
            return Err(ConfigError::NoFile(file.clone()));
        }
        let mut defaults = Self::default();
        if flags.demo {
            defaults.classic.loopback_origins = true;
        }
        let mut figment = Figment::from(Serialized::defaults(defaults));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        figment
            .merge(known_variables().split("__"))
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| explain(&error))
            .and_then(Self::checked)
    }

    /// Variables with our prefix that name no setting. They are passed over, since others set variables, too: told, in
    /// case that somebody meant one.
    pub fn unknown_variables() -> Vec<UnknownVariable> {
        let known = keys();
        let mut unknown: Vec<UnknownVariable> = Env::prefixed(ENV_PREFIX)
            .iter()
            .map(|(key, _)| key.as_str().to_ascii_lowercase())
            .filter(|key| !known.iter().any(|known| known == key) && !is_of_others(key))
            .map(|key| UnknownVariable {
                nearest: nearest(&key, known.iter().map(String::as_str)).map(variable),
                name: variable(&key),
            })
            .collect();
        unknown.sort();
        unknown
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("hongyan.db")
    }

    fn checked(self) -> Result<Self, ConfigError> {
        let heartbeat = &self.heartbeat;
        let ascending = heartbeat.start_ms <= heartbeat.foreground_cap_ms
            && heartbeat.foreground_cap_ms <= heartbeat.background_cap_ms;
        if !ascending || heartbeat.start_ms == 0 || heartbeat.timeout_ms == 0 {
            let rule = "heartbeat: 0 < start_ms <= foreground_cap_ms <= background_cap_ms, and timeout_ms > 0";
            return Err(ConfigError::Invalid(rule.into()));
        }
        if self.delivery.ack_timeout_ms == 0 || self.delivery.repush_interval_ms == 0 {
            let rule = "delivery: ack_timeout_ms and repush_interval_ms are more than 0";
            return Err(ConfigError::Invalid(rule.into()));
        }
        if self.classic.idle_ms == 0 {
            return Err(ConfigError::Invalid(
                "classic: idle_ms is more than 0".into(),
            ));
        }
        let retention = &self.retention;
        let (days, entries) = (hongyan_store::KEEP_DAYS, hongyan_store::KEEP_ENTRIES);
        if retention.days > days || retention.entries > entries || retention.look_every_seconds == 0
        {
            return Err(ConfigError::Invalid(format!(
                "retention: days is at most {days} and entries at most {entries}, where 0 keeps all; \
                 look_every_seconds is more than 0"
            )));
        }
        let limits = &self.limits;
        if limits.http_connections_per_address == 0
            || limits.user_units_per_second == 0
            || limits.address_units_per_second == 0
        {
            return Err(ConfigError::Invalid(
                "limits: each is more than 0; where there is to be none, give a large number"
                    .into(),
            ));
        }
        Ok(self)
    }
}

/// A variable that names no setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownVariable {
    name: String,
    nearest: Option<String>,
}

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meant = did_you_mean(&self.nearest);
        write!(
            f,
            "the variable {} names no setting and is passed over{meant}",
            self.name
        )
    }
}

/// The environment, as far as it names settings.
fn known_variables() -> Env {
    let known = keys();
    Env::prefixed(ENV_PREFIX).filter(move |key| known.iter().any(|known| key == known.as_str()))
}

/// Every setting as its variable has it, in small letters and without the prefix: `delivery__repushes`.
fn keys() -> Vec<String> {
    fn collect(
        prefix: &str,
        table: &serde_json::Map<String, serde_json::Value>,
        keys: &mut Vec<String>,
    ) {
        for (key, value) in table {
            match value {
                serde_json::Value::Object(inner) => {
                    collect(&format!("{prefix}{key}__"), inner, keys);
                }
                _ => keys.push(format!("{prefix}{key}")),
            }
        }
    }
    let mut keys = Vec::new();
    match serde_json::to_value(Config::default()) {
        Ok(serde_json::Value::Object(defaults)) => collect("", &defaults, &mut keys),
        other => unreachable!("the defaults are a table: {other:?}"),
    }
    keys
}

/// Of the client commands; or set by Kubernetes in every pod beside a service that is called `hongyan`.
fn is_of_others(key: &str) -> bool {
    CLIENT_ENV.contains(&key)
        || key.starts_with("service_")
        || key == "port"
        || key.starts_with("port_")
}

fn variable(key: &str) -> String {
    format!("{ENV_PREFIX}{}", key.to_ascii_uppercase())
}

fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.min_by_key(|known| strsim::damerau_levenshtein(known, key))
}

fn explain(error: &figment::Error) -> ConfigError {
    use figment::error::Kind;
    let source_name = error
        .metadata
        .as_ref()
        .map(|metadata| match &metadata.source {
            Some(source) => source.to_string(),
            None => metadata.name.to_string(),
        });
    match &error.kind {
        Kind::UnknownField(key, known) => {
            let nearest = nearest(key, known.iter().copied()).map(str::to_owned);
            let path = error.path.iter().map(|part| format!("{part}."));
            let path: String = path.filter(|part| *part != format!("{key}.")).collect();
            ConfigError::UnknownKey {
                key: format!("{path}{key}"),
                source_name,
                nearest,
            }
        }
        _ => ConfigError::Invalid(error.to_string()),
    }
}

fn from(source: &Option<String>) -> String {
    source
        .as_ref()
        .map(|source| format!(" ({source})"))
        .unwrap_or_default()
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map(|key| format!("; did you mean {key:?}?"))
        .unwrap_or_default()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(
    clippy::result_large_err,
    reason = "figment's test harness asks for its own error"
)]
mod tests {
    use super::*;
    use figment::Jail;

    fn load(flags: &Flags) -> Result<Config, ConfigError> {
        Config::load(Some("hongyan.toml".into()), flags)
    }

    #[test]
    fn flags_beat_the_environment_which_beats_the_file_which_beats_the_defaults() {
        Jail::expect_with(|jail| {
            jail.create_file(
                "hongyan.toml",
                "listen = \"127.0.0.1:1\"\nsession_days = 1\nlog = \"debug\"\n[delivery]\nrepushes = 7",
            )?;
            jail.set_env("HONGYAN_LISTEN", "127.0.0.1:2");
            jail.set_env("HONGYAN_SESSION_DAYS", "2");
            jail.set_env("HONGYAN_DELIVERY__ACK_TIMEOUT_MS", "99");
            jail.set_env("HONGYAN_TOKEN", "for the client commands");
            let flags = Flags {
                listen: Some(([127, 0, 0, 1], 3).into()),
                ..Flags::default()
            };
            let config = load(&flags).expect("a good configuration");
            assert_eq!(config.listen.port(), 3);
            assert_eq!(config.session_days, 2);
            assert_eq!(config.log, "debug");
            assert_eq!(config.delivery.repushes, 7);
            assert_eq!(config.delivery.ack_timeout_ms, 99);
            assert_eq!(config.shutdown_seconds, Config::default().shutdown_seconds);
            Ok(())
        });
    }

    #[test]
    fn the_demo_has_defaults_of_its_own_which_the_file_beats() {
        Jail::expect_with(|jail| {
            let demo = Flags {
                demo: true,
                ..Flags::default()
            };
            jail.create_file("hongyan.toml", "")?;
            let plain = Flags::default();
            let loopback = |flags| load(flags).map(|config| config.classic.loopback_origins);
            assert_eq!(loopback(&plain).ok(), Some(false));
            assert_eq!(loopback(&demo).ok(), Some(true));
            jail.create_file("hongyan.toml", "[classic]\nloopback_origins = false")?;
            assert_eq!(loopback(&demo).ok(), Some(false));
            Ok(())
        });
    }

    #[test]
    fn an_unknown_key_names_the_nearest_one() {
        Jail::expect_with(|jail| {
            jail.create_file("hongyan.toml", "lisen = \"127.0.0.1:1\"")?;
            let error = load(&Flags::default())
                .expect_err("an unknown key")
                .to_string();
            assert!(
                error.contains("\"lisen\"") && error.contains("\"listen\""),
                "{error}"
            );
            assert!(error.contains("hongyan.toml"), "{error}");
            Ok(())
        });
    }

    #[test]
    fn a_variable_that_names_no_setting_is_passed_over_and_told() {
        Jail::expect_with(|jail| {
            jail.set_env("HONGYAN_DELIVERY__REPUSH", "1");
            jail.set_env("HONGYAN_DELIVERY", "2");
            jail.set_env("HONGYAN_SESSION_DAYS", "3");
            // Kubernetes sets these beside a service that is called `hongyan`.
            jail.set_env("HONGYAN_SERVICE_HOST", "10.96.0.7");
            jail.set_env("HONGYAN_SERVICE_PORT_WEB", "8080");
            jail.set_env("HONGYAN_PORT", "tcp://10.96.0.7:8080");
            jail.set_env("HONGYAN_PORT_8080_TCP_ADDR", "10.96.0.7");
            let config = Config::load(None, &Flags::default()).expect("a good configuration");
            let expected = Config {
                session_days: 3,
                ..Config::default()
            };
            assert_eq!(config, expected);
            let told: Vec<String> = Config::unknown_variables()
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(told.len(), 2, "{told:?}");
            assert!(
                told[0].contains("HONGYAN_DELIVERY names no setting"),
                "{told:?}"
            );
            assert!(
                told[1].contains("did you mean \"HONGYAN_DELIVERY__REPUSHES\""),
                "{told:?}"
            );
            Ok(())
        });
    }

    #[test]
    fn what_cannot_be_is_refused() {
        Jail::expect_with(|jail| {
            jail.create_file("hongyan.toml", "[heartbeat]\nstart_ms = 0")?;
            assert!(load(&Flags::default()).is_err());
            jail.create_file("hongyan.toml", "session_days = \"many\"")?;
            let error = load(&Flags::default())
                .expect_err("not a number")
                .to_string();
            assert!(error.contains("session_days"), "{error}");
            Ok(())
        });
        let missing = Config::load(Some("no.toml".into()), &Flags::default());
        assert!(matches!(missing, Err(ConfigError::NoFile(_))));
    }
}
