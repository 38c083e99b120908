//! What stands in place of the messages until the next key: what can be asked, or who is in a group.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::Look;
use super::wrap::{columns, fit};
use crate::chat::model::{Panel, Viewport};
use crate::group_words;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, panel: &Panel, look: &Look) -> Viewport {
    let mut lines = match panel {
        Panel::Help => help(look),
        Panel::Members { members, more } => {
            let (before, behind) = look.words.members;
            let mut lines = vec![format!("{before}{}{behind}", members.len()), String::new()];
            lines.extend(members.iter().map(|(_, name, role)| {
                let role = group_words::role(*role, look.words.language);
                format!("{name}  ({role})")
            }));
            lines.extend(more.then(|| look.words.and_others.into()));
            lines
        }
    };
    let height = usize::from(area.height);
    // The last line says how to go back; of a list too long for the screen the end is left out.
    if lines.len() + 2 > height {
        lines.truncate(height.saturating_sub(3));
        lines.push("…".into());
    }
    lines.extend([String::new(), look.words.any_key.into()]);
    let width = usize::from(area.width).saturating_sub(2);
    let last = lines.len() - 1;
    for (index, line) in lines.iter().enumerate().take(height) {
        let y = area
            .y
            .saturating_add(u16::try_from(index).unwrap_or(u16::MAX));
        let row = Rect {
            x: area.x.saturating_add(1),
            y,
            width: area.width.saturating_sub(1),
            height: 1,
        };
        let style = match index {
            0 => Style::new().bold(),
            _ if index == last => Style::new().dim(),
            _ => Style::new(),
        };
        frame.render_widget(
            Line::styled(fit(line, width), style),
            row.intersection(area),
        );
    }
    Viewport::default()
}

fn help(look: &Look) -> Vec<String> {
    let commands = look.words.commands;
    let widest = commands.iter().map(|(command, _)| columns(command)).max();
    let line = |(command, meaning): &(&str, &str)| {
        let filling = widest.unwrap_or(0).saturating_sub(columns(command));
        format!("{command}{}  {meaning}", " ".repeat(filling))
    };
    commands.iter().map(line).collect()
}
