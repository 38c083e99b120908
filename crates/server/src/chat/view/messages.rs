//! The pane on the right: the messages of one conversation, newest at the bottom.

use hongyan_client::GroupEvent;
use jiff::civil::Date;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::Look;
use super::wrap::{columns, fit, wrap};
use crate::chat::model::{Content, Conversation, Delivery, Model, Shown, Viewport};

/// Messages of one sender within this time stand under one name: milliseconds.
const GROUP_MILLIS: i64 = 5 * 60 * 1000;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, look: &Look) -> Viewport {
    let height = usize::from(area.height);
    let Some((_, conversation)) = model.selected() else {
        hint(frame, area, look.words.no_conversations);
        return Viewport::default();
    };
    let width = usize::from(area.width).saturating_sub(2);
    let lines = lines(conversation, model, look, width);
    if lines.is_empty() {
        hint(frame, area, look.words.no_messages);
        return Viewport::default();
    }

    let max_scroll = lines.len().saturating_sub(height);
    let scroll = model.scroll().min(max_scroll);
    let end = lines.len() - scroll;
    let begin = end.saturating_sub(height);
    // The newest stands at the bottom, also where there are few.
    let top = height - (end - begin);
    for (line, row) in lines[begin..end].iter().zip(top..) {
        let y = area
            .y
            .saturating_add(u16::try_from(row).unwrap_or(u16::MAX));
        let row = Rect {
            x: area.x.saturating_add(1),
            y,
            width: area.width.saturating_sub(1),
            height: 1,
        };
        frame.render_widget(line, row.intersection(area));
    }
    if scroll > 0 {
        let y = area.bottom().saturating_sub(1);
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        let text = fit(&format!(" ↓ {} ", look.words.newer_below), width);
        frame.render_widget(Line::styled(text, Style::new().reversed()).centered(), row);
    }
    Viewport { height, max_scroll }
}

/// Every line of the conversation.
fn lines(
    conversation: &Conversation,
    model: &Model,
    look: &Look,
    width: usize,
) -> Vec<Line<'static>> {
    let messages: Vec<Shown> = conversation.messages().collect();
    // The word stands at the last message that was read; the ticks say it of the others.
    let last_read = messages.iter().rposition(|message| {
        message.delivery == Some(Delivery::Read) && message.content != Content::Recalled
    });
    let mut lines = Vec::new();
    let mut previous: Option<(&Shown, Date)> = None;
    for (index, message) in messages.iter().enumerate() {
        let date = look.calendar.date(message.at);
        let is_new_day = previous.is_none_or(|(_, day)| day != date);
        if is_new_day {
            lines.push(divider(&look.calendar.day(date, look.words), width));
        }
        if let Content::Event(event) = &message.content {
            lines.extend(change(message, event, model, look, width));
            previous = Some((message, date));
            continue;
        }
        let is_grouped = previous.is_some_and(|(before, _)| {
            before.from == message.from
                && !matches!(before.content, Content::Event(_))
                && message.at.saturating_sub(before.at) < GROUP_MILLIS
        });
        if is_new_day || !is_grouped {
            if !is_new_day {
                lines.push(Line::default());
            }
            lines.push(heading(message, model, look, width));
        }
        let marks = marks(message, look, last_read == Some(index));
        lines.extend(body(message, look, width, marks));
        previous = Some((message, date));
    }
    lines
}

/// A change of the group: a line of its own, by nobody's side.
fn change(
    message: &Shown,
    event: &GroupEvent,
    model: &Model,
    look: &Look,
    width: usize,
) -> Vec<Line<'static>> {
    let text = super::event(message.from, event, model, look);
    let text = format!("{}  {text}", look.calendar.clock(message.at));
    let style = Style::new().fg(Color::DarkGray);
    let lines = wrap(&text, width).into_iter();
    lines
        .map(|line| Line::styled(line, style).centered())
        .collect()
}

fn heading(message: &Shown, model: &Model, look: &Look, width: usize) -> Line<'static> {
    let name = model.name(message.from);
    let colour = if message.delivery.is_some() {
        Color::Green
    } else {
        Color::Cyan
    };
    let room = width.saturating_sub(7);
    Line::from(vec![
        Span::styled(fit(&name, room), Style::new().fg(colour).bold()),
        Span::styled(
            format!("  {}", look.calendar.clock(message.at)),
            Style::new().dim(),
        ),
    ])
}

/// The text, with the marks behind its last line, or below it where there is no room.
fn body(
    message: &Shown,
    look: &Look,
    width: usize,
    marks: Vec<Span<'static>>,
) -> Vec<Line<'static>> {
    let (text, style) = match &message.content {
        Content::Text(text) => (&**text, Style::new()),
        Content::Recalled => (look.words.recalled, Style::new().dim().italic()),
        Content::Unknown | Content::Event(_) => (look.words.unknown, Style::new().dim().italic()),
    };
    let indented = |text: String| Line::from(vec![Span::raw("  "), Span::styled(text, style)]);
    let wrapped = wrap(text, width.saturating_sub(2));
    let mut lines: Vec<Line<'static>> = wrapped.into_iter().map(indented).collect();
    let taken: usize = marks.iter().map(|mark| columns(&mark.content)).sum();
    if lines.last().is_none_or(|last| last.width() + taken > width) {
        lines.push(Line::raw(" "));
    }
    if let Some(last) = lines.last_mut() {
        last.spans.extend(marks);
    }
    lines
}

fn marks(message: &Shown, look: &Look, is_last_read: bool) -> Vec<Span<'static>> {
    let mut marks = Vec::new();
    if message.content == Content::Recalled {
        return marks;
    }
    if message.is_edited {
        let text = format!(" ({})", look.words.edited);
        marks.push(Span::styled(text, Style::new().dim()));
    }
    let state = message.delivery.map(|delivery| match delivery {
        Delivery::Sending => (" ⋯".to_owned(), Style::new().dim()),
        Delivery::Sent => (" ✓".to_owned(), Style::new().dim()),
        Delivery::Delivered => (" ✓✓".to_owned(), Style::new().dim()),
        Delivery::Read if is_last_read => (
            format!(" ✓✓ {}", look.words.read),
            Style::new().fg(Color::LightBlue),
        ),
        Delivery::Read => (" ✓✓".to_owned(), Style::new().fg(Color::LightBlue)),
        Delivery::Failed => (" ✗".to_owned(), Style::new().fg(Color::Red).bold()),
    });
    marks.extend(state.map(|(text, style)| Span::styled(text, style)));
    marks
}

fn divider(day: &str, width: usize) -> Line<'static> {
    let side = width.saturating_sub(columns(day) + 2) / 2;
    let text = format!("{0} {day} {0}", "─".repeat(side));
    Line::styled(text, Style::new().fg(Color::DarkGray))
}

/// A word in the middle of an empty pane.
fn hint(frame: &mut Frame<'_>, area: Rect, text: &str) {
    let width = usize::from(area.width).saturating_sub(2);
    let y = area.y.saturating_add(area.height / 2);
    let row = Rect {
        y,
        height: 1,
        ..area
    };
    let line = Line::styled(fit(text, width), Style::new().dim()).centered();
    frame.render_widget(line, row.intersection(area));
}
