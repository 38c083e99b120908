//! The pane on the left: every conversation, with its last words and what is unread.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders};

use super::Look;
use super::wrap::{columns, fit};
use crate::chat::model::{Content, Conversation, Delivery, Model};

/// Lines of one conversation.
const LINES: usize = 2;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, look: &Look) {
    let block = Block::new()
        .borders(Borders::RIGHT)
        .border_style(Style::new().fg(Color::DarkGray));
    let inner = block.inner(area);
    frame.render_widget(block, area);

    let width = usize::from(inner.width);
    let visible = (usize::from(inner.height) / LINES).max(1);
    let selected = model.selected().map_or(0, |(index, _)| index);
    // The selected one is always in sight.
    let first = (selected + 1).saturating_sub(visible);
    let shown = model.conversations().iter().enumerate().skip(first);
    for (row, (index, conversation)) in shown.take(visible).enumerate() {
        let lines = lines(conversation, model, look, width);
        for (line, offset) in lines.into_iter().zip(0..) {
            let y = u16::try_from(row * LINES).unwrap_or(u16::MAX);
            let y = inner.y.saturating_add(y).saturating_add(offset);
            let area = Rect {
                y,
                height: 1,
                ..inner
            }
            .intersection(inner);
            if index == selected {
                frame
                    .buffer_mut()
                    .set_style(area, Style::new().bg(Color::Indexed(236)));
            }
            frame.render_widget(line, area);
        }
    }
}

fn lines(
    conversation: &Conversation,
    model: &Model,
    look: &Look,
    width: usize,
) -> [Line<'static>; LINES] {
    let newest = conversation.newest();
    let time = newest.map_or(String::new(), |shown| look.calendar.short(shown.at));
    let title = model.title(conversation);
    let unread = conversation.unread();
    let title_style = if unread > 0 {
        Style::new().bold()
    } else {
        Style::new()
    };
    let badge = match unread {
        0 => String::new(),
        1..=99 => format!(" {unread} "),
        _ => " 99+ ".into(),
    };
    [
        ends(
            Span::styled(title, title_style),
            Span::styled(time, Style::new().dim()),
            width,
        ),
        ends(
            Span::styled(preview(conversation, model, look), Style::new().dim()),
            Span::styled(badge, Style::new().bg(Color::Red).fg(Color::White).bold()),
            width,
        ),
    ]
}

fn preview(conversation: &Conversation, model: &Model, look: &Look) -> String {
    let Some(newest) = conversation.newest() else {
        return String::new();
    };
    let text = match &newest.content {
        Content::Text(text) => text,
        Content::Recalled => look.words.recalled,
        Content::Unknown => look.words.unknown,
        Content::Event(event) => return super::event(newest.from, event, model, look),
    };
    match newest.delivery {
        None if conversation.is_group() => format!("{}: {text}", model.name(newest.from)),
        None => text.into(),
        Some(Delivery::Sending) => format!("⋯ {text}"),
        Some(Delivery::Failed) => format!("✗ {text}"),
        Some(Delivery::Sent | Delivery::Delivered | Delivery::Read) => {
            format!("{}: {text}", look.words.me)
        }
    }
}

/// One text at the left, as long as there is room for it, and one at the right.
fn ends(left: Span<'static>, right: Span<'static>, width: usize) -> Line<'static> {
    let right_width = columns(&right.content);
    let gap = usize::from(right_width > 0);
    // A blank at either side keeps the text off the edges.
    let room = width.saturating_sub(2 + right_width + gap);
    let text = fit(&left.content, room);
    let filling = width.saturating_sub(2 + columns(&text) + right_width);
    Line::from(vec![
        Span::raw(" "),
        Span::styled(text, left.style),
        Span::raw(" ".repeat(filling)),
        right,
        Span::raw(" "),
    ])
}
