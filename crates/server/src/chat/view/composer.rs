//! Where one writes: a few lines that follow the cursor.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders};

use super::Look;
use super::wrap::{columns, wrap};
use crate::chat::model::{Mode, Model};

/// Lines of text shown at a time.
const LINES: usize = 4;

/// Before the text.
const PROMPT: &str = "› ";

/// The height that the text needs, its frame included.
pub(super) fn height(model: &Model, area: Rect) -> u16 {
    let lines = wrap(model.composer().text(), room(area))
        .len()
        .clamp(1, LINES);
    u16::try_from(lines + 1).unwrap_or(u16::MAX)
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, look: &Look) {
    let (title, colour) = match model.mode() {
        Mode::Write => (look.words.write, Color::DarkGray),
        Mode::Edit { .. } => (look.words.edit, Color::Yellow),
        Mode::Find => (look.words.find, Color::Cyan),
    };
    let block = Block::new()
        .borders(Borders::TOP)
        .title(format!(" {title} "))
        .border_style(Style::new().fg(colour));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if inner.is_empty() {
        return;
    }

    let width = room(area);
    let lines = wrap(model.composer().text(), width);
    let (row, column) = cursor(model, width);
    let height = usize::from(inner.height);
    let first = (row + 1).saturating_sub(height);
    for (line, offset) in lines.iter().skip(first).take(height).zip(0..) {
        let is_first = first == 0 && offset == 0;
        let prompt = if is_first { PROMPT } else { "  " };
        let line = Line::from(vec![Span::raw(prompt).bold(), Span::raw(line.clone())]);
        let y = inner.y.saturating_add(offset);
        frame.render_widget(
            line,
            Rect {
                y,
                height: 1,
                ..inner
            },
        );
    }
    let x = u16::try_from(column + columns(PROMPT)).unwrap_or(u16::MAX);
    let y = u16::try_from(row - first).unwrap_or(u16::MAX);
    frame.set_cursor_position(Position {
        x: inner
            .x
            .saturating_add(x)
            .min(inner.right().saturating_sub(1)),
        y: inner
            .y
            .saturating_add(y)
            .min(inner.bottom().saturating_sub(1)),
    });
}

/// The row and column of the cursor in the wrapped text. A letter stands in for what will be typed,
/// so that the cursor is where the letter will be.
fn cursor(model: &Model, width: usize) -> (usize, usize) {
    let before = model.composer().before_cursor();
    let lines = wrap(&format!("{before}x"), width);
    let last = lines.last().map_or(0, |line| columns(line));
    (lines.len().saturating_sub(1), last.saturating_sub(1))
}

/// Columns for text. One is left for the cursor at the end of a full line.
fn room(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(columns(PROMPT) + 1)
}
