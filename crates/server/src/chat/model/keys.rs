//! What the keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use hongyan_client::protocol::limits;

use super::{Effect, Mode, Model, Notice, Panel};
use crate::chat::groups::{self, Command, Line};

impl Model {
    /// Takes in a key.
    pub(in crate::chat) fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        // A question stands until the next key, whichever it is.
        let notice = self.notice.take();
        self.panel = None;
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return self.control(key.code, notice);
        }
        let effect = match key.code {
            KeyCode::Enter if key.modifiers.contains(KeyModifiers::ALT) => {
                self.composer.insert("\n");
                None
            }
            KeyCode::Enter => return self.enter(),
            KeyCode::Esc => self.escape(),
            KeyCode::Tab => self.go(1),
            KeyCode::BackTab => self.go(-1),
            KeyCode::PageUp => self.scroll_up(),
            KeyCode::PageDown => self.scroll_down(),
            code => {
                self.write(code);
                None
            }
        };
        effect.into_iter().collect()
    }

    /// Takes in a text that was pasted.
    pub(in crate::chat) fn paste(&mut self, text: &str) {
        self.composer.insert(text);
    }

    fn control(&mut self, code: KeyCode, notice: Option<Notice>) -> Vec<Effect> {
        let effect = match code {
            KeyCode::Char('c') => Some(Effect::Quit),
            KeyCode::Char('n') => self.go(1),
            KeyCode::Char('p') => self.go(-1),
            KeyCode::Char('k') => {
                self.composer.take();
                self.mode = Mode::Find;
                None
            }
            KeyCode::Char('e') => {
                self.begin_edit();
                None
            }
            KeyCode::Char('r') => self.recall(notice),
            KeyCode::Char('l') => Some(Effect::Wake),
            KeyCode::Char('u') => {
                self.composer.delete_to_begin();
                None
            }
            KeyCode::Char('w') => {
                self.composer.delete_word();
                None
            }
            _ => None,
        };
        effect.into_iter().collect()
    }

    fn write(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char(character) => self.composer.insert(character.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.composer.backspace(),
            KeyCode::Delete => self.composer.delete(),
            KeyCode::Left => self.composer.left(),
            KeyCode::Right => self.composer.right(),
            KeyCode::Home => self.composer.home(),
            KeyCode::End => self.composer.end(),
            _ => {}
        }
    }

    fn enter(&mut self) -> Vec<Effect> {
        if self.composer.text().trim().is_empty() {
            return Vec::new();
        }
        if self.composer.text().len() > limits::TEXT_BYTES {
            let bytes = limits::TEXT_BYTES;
            self.notice = Some(Notice::Failed(format!("> {bytes} bytes")));
            return Vec::new();
        }
        let mode = std::mem::replace(&mut self.mode, Mode::Write);
        let text = self.composer.take();
        match mode {
            Mode::Find => vec![Effect::Find(text.trim().to_owned())],
            Mode::Edit { conv, seq } => vec![Effect::Edit { conv, seq, text }],
            Mode::Write => match groups::read(&text) {
                Line::Command(command) => self.command(command),
                Line::Text(said) => {
                    let said = said.to_owned();
                    self.say(text, said)
                }
            },
        }
    }

    /// Sends what was said; what was typed stays where it cannot be.
    fn say(&mut self, typed: String, said: String) -> Vec<Effect> {
        let target = match self.selected() {
            Some((_, conversation)) if conversation.is_left() => {
                self.notice = Some(Notice::NoMember);
                None
            }
            Some((_, conversation)) => Some(conversation.target()),
            None => None,
        };
        let Some(target) = target else {
            self.composer.set(typed);
            return Vec::new();
        };
        self.scroll = 0;
        let mut effects = vec![Effect::Send { target, text: said }];
        effects.extend(self.read_selected());
        effects
    }

    fn command(&mut self, command: Command) -> Vec<Effect> {
        let group = self.selected().filter(|(_, selected)| selected.is_group());
        let conv = group.and_then(|(_, selected)| selected.conv());
        match command {
            Command::Help => self.panel = Some(Panel::Help),
            Command::New { .. } => return vec![Effect::Ask(None, command)],
            _ if conv.is_none() => self.notice = Some(Notice::OnlyInGroups),
            _ => return vec![Effect::Ask(conv, command)],
        }
        Vec::new()
    }

    /// Back to the newest message and a new text.
    fn escape(&mut self) -> Option<Effect> {
        if self.mode != Mode::Write {
            self.mode = Mode::Write;
            self.composer.take();
        }
        self.scroll = 0;
        self.read_selected()
    }

    /// To the conversation so many places down the list, round and round.
    fn go(&mut self, by: isize) -> Option<Effect> {
        let count = isize::try_from(self.conversations.len()).ok()?;
        if count == 0 {
            return None;
        }
        if let Mode::Edit { .. } = self.mode {
            self.mode = Mode::Write;
            self.composer.take();
        }
        let selected = isize::try_from(self.selected).unwrap_or(0);
        self.selected = usize::try_from((selected + by).rem_euclid(count)).unwrap_or(0);
        self.scroll = 0;
        self.read_selected()
    }

    fn scroll_up(&mut self) -> Option<Effect> {
        let page = self.viewport.height.saturating_sub(2).max(1);
        self.scroll = (self.scroll + page).min(self.viewport.max_scroll);
        if self.scroll < self.viewport.max_scroll {
            return None;
        }
        let (conv, before) = self.current()?.ask_older()?;
        Some(Effect::Older { conv, before })
    }

    fn scroll_down(&mut self) -> Option<Effect> {
        let page = self.viewport.height.saturating_sub(2).max(1);
        self.scroll = self.scroll.saturating_sub(page);
        self.read_selected()
    }

    fn begin_edit(&mut self) {
        let last = self.selected().and_then(|(_, c)| c.last_own());
        match last.map(|(conv, seq, text)| (conv, seq, text.to_owned())) {
            Some((conv, seq, text)) => {
                self.mode = Mode::Edit { conv, seq };
                self.composer.set(text);
            }
            None => self.notice = Some(Notice::NothingToChange),
        }
    }

    /// The first press asks, the second does it.
    fn recall(&mut self, notice: Option<Notice>) -> Option<Effect> {
        let last = self.selected().and_then(|(_, c)| c.last_own());
        match last.map(|(conv, seq, text)| (conv, seq, text.to_owned())) {
            Some((conv, seq, text)) => {
                let question = Notice::ConfirmRecall(text);
                if notice.as_ref() == Some(&question) {
                    return Some(Effect::Recall { conv, seq });
                }
                self.notice = Some(question);
            }
            None => self.notice = Some(Notice::NothingToChange),
        }
        None
    }
}
