//! The bar at the top, who and how connected; and the one at the bottom, keys or a notice.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};

use super::Look;
use super::wrap::{columns, fit};
use crate::chat::model::{Connection, Model, Notice};

pub(super) fn draw_top(frame: &mut Frame<'_>, area: Rect, model: &Model, look: &Look) {
    let words = look.words;
    let bar = Style::new().bg(Color::Indexed(24)).fg(Color::White);
    frame.buffer_mut().set_style(area, bar);

    let (text, colour) = connection(model.connection(), look);
    let state = Line::from(vec![
        Span::styled("● ", Style::new().fg(colour)),
        Span::raw(format!("{text} ")),
    ]);
    let state_width = state.width();

    let who = model
        .me()
        .map_or(String::new(), |me| format!(" · {} ({})", me.name, me.login));
    let unread = match model.unread() {
        0 => String::new(),
        unread => format!(" · {unread}●"),
    };
    let room = usize::from(area.width).saturating_sub(state_width + 1);
    let left = fit(&format!(" {}{who}{unread}", words.product), room);
    frame.render_widget(Line::from(left.bold()), area);
    frame.render_widget(state.right_aligned(), area);
}

pub(super) fn draw_keys(frame: &mut Frame<'_>, area: Rect, model: &Model, look: &Look) {
    let width = usize::from(area.width);
    let line = match model.notice() {
        Some(notice) => {
            let text = fit(&format!(" {}", said(notice, look)), width);
            Line::styled(text, Style::new().fg(Color::Yellow))
        }
        None => keys(look, width),
    };
    frame.render_widget(line, area);
}

fn connection(connection: &Connection, look: &Look) -> (String, Color) {
    let words = look.words;
    match connection {
        Connection::Online => (words.online.into(), Color::LightGreen),
        Connection::CatchingUp => (words.catching_up.into(), Color::LightYellow),
        Connection::Connecting => (words.connecting.into(), Color::LightYellow),
        Connection::Waiting { until } => {
            let left = until.saturating_sub(look.now);
            let seconds = left.as_millis().div_ceil(1000);
            let (before, after) = words.reconnecting;
            (format!("{before}{seconds}{after}"), Color::LightRed)
        }
        Connection::SignedOut => (words.signed_out.into(), Color::LightRed),
        Connection::Ended(reason) => (format!("{}: {reason}", words.offline), Color::LightRed),
    }
}

fn said(notice: &Notice, look: &Look) -> String {
    let words = look.words;
    match notice {
        Notice::ConfirmRecall(text) => format!("{}{text}", words.confirm_recall),
        Notice::NothingToChange => words.nothing_to_change.into(),
        Notice::NoSuchUser(login) => format!("{}{login}", words.no_such_user),
        Notice::OnlyInGroups => words.only_in_groups.into(),
        Notice::NoMember => words.no_member.into(),
        Notice::Failed(message) => format!("{}{message}", words.failed),
        Notice::NotKept => words.not_kept.into(),
    }
}

/// As many keys as there is room for.
fn keys(look: &Look, width: usize) -> Line<'static> {
    let mut spans = Vec::new();
    let mut taken = 0;
    for (key, meaning) in look.words.keys {
        taken += 3 + columns(key) + columns(meaning);
        if taken > width {
            break;
        }
        spans.push(Span::raw(" "));
        spans.push(Span::styled(*key, Style::new().bold()));
        spans.push(Span::styled(format!(" {meaning} "), Style::new().dim()));
    }
    Line::from(spans)
}
