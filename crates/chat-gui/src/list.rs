//! The list of messages as a widget: draws the rows in sight, and says where it was touched.
//!
//! All it remembers is a button held down; what is shown is the [`Conversation`]'s.

use iced::advanced::layout::{Limits, Node};
use iced::advanced::renderer::{Quad, Style};
use iced::advanced::text::{Paragraph as _, Renderer as _};
use iced::advanced::widget::{Operation, Tree, tree};
use iced::advanced::{Clipboard, Layout, Renderer as _, Shell, Widget, mouse};
use iced::keyboard::{self, Modifiers};
use iced::{
    Background, Border, Color, Element, Event, Length, Point, Rectangle, Renderer, Size, Theme,
};

use crate::conversation::{Conversation, Selection};
use crate::palette::Colors;
use crate::row::{Ink, Mark, Row, Target};
use crate::state::Message;

/// Pixels that one notch of a wheel moves.
const NOTCH: f32 = 60.0;
/// The bar at the right, and its smallest thumb.
const BAR: f32 = 10.0;
const THUMB: f32 = 28.0;
/// A button released within so many pixels of where it was pressed is a click.
const CLICK: f32 = 4.0;
/// Pixels the list moves by where a drag goes on beyond its edge.
const EDGE: i64 = 24;
/// Too little to be seen.
const HAIR: f32 = 0.002;

/// The widget.
#[derive(Debug)]
pub struct List<'a> {
    conversation: &'a Conversation,
    colors: &'static Colors,
    focused: bool,
}

impl<'a> List<'a> {
    /// Shows `conversation`; `focused` where it has the keyboard.
    #[must_use]
    pub fn new(conversation: &'a Conversation, colors: &'static Colors, focused: bool) -> Self {
        Self {
            conversation,
            colors,
            focused,
        }
    }

    /// The thumb of the bar; `None` where everything can be seen.
    fn thumb(&self, bounds: Rectangle) -> Option<Rectangle> {
        let (above, total) = self.conversation.extent();
        let page = self.conversation.page().max(1) as u64;
        let room = total.checked_sub(page).filter(|&room| room > 0)?;
        let height = (bounds.height * page as f32 / total as f32).max(THUMB);
        let height = height.min(bounds.height);
        let part = (above as f64 / room as f64).min(1.0) as f32;
        let y = bounds.y + (bounds.height - height) * part;
        let corner = Point::new(bounds.x + bounds.width - BAR, y);
        Some(Rectangle::new(corner, Size::new(BAR - 2.0, height)))
    }

    fn part_at(&self, bounds: Rectangle, thumb: Rectangle, y: f32, grip: f32) -> f32 {
        let room = (bounds.height - thumb.height).max(1.0);
        (y - grip - bounds.y) / room
    }
}

/// What a held button began.
#[derive(Clone, Copy, Debug)]
enum Held {
    /// On a message: which, where in its text, and on the screen.
    Message {
        row: usize,
        byte: usize,
        at: Point,
        moved: bool,
    },
    /// On the bar: how far below the thumb's upper end.
    Bar { grip: f32 },
}

#[derive(Debug, Default)]
struct Touch {
    held: Option<Held>,
    modifiers: Modifiers,
}

impl Widget<Message, Theme, Renderer> for List<'_> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<Touch>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(Touch::default())
    }

    fn size(&self) -> Size<Length> {
        Size::new(Length::Fill, Length::Fill)
    }

    fn layout(&mut self, _tree: &mut Tree, _renderer: &Renderer, limits: &Limits) -> Node {
        Node::new(limits.max())
    }

    fn operate(
        &mut self,
        _tree: &mut Tree,
        layout: Layout<'_>,
        _renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        let bounds = layout.bounds();
        operation.container(None, bounds);
        for (row, top, laid_out) in self.conversation.visible() {
            let corner = Point::new(bounds.x, bounds.y + top as f32);
            let area = Rectangle::new(corner, Size::new(bounds.width, laid_out.height as f32));
            operation.text(None, area, self.conversation.messages()[row].line());
        }
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _renderer: &Renderer,
        _clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        _viewport: &Rectangle,
    ) {
        let touch = tree.state.downcast_mut::<Touch>();
        let bounds = layout.bounds();
        let page = self.conversation.page() as f32;
        let width = self.conversation.metrics().width;
        if bounds.width != width || bounds.height.trunc() != page {
            shell.publish(Message::Resized(bounds.width, bounds.height));
        }
        match event {
            Event::Keyboard(keyboard::Event::ModifiersChanged(modifiers)) => {
                touch.modifiers = *modifiers;
            }
            Event::Mouse(mouse::Event::WheelScrolled { delta }) if cursor.is_over(bounds) => {
                let pixels = match delta {
                    mouse::ScrollDelta::Lines { y, .. } => y * NOTCH,
                    mouse::ScrollDelta::Pixels { y, .. } => *y,
                };
                shell.publish(Message::Scrolled(-pixels.round() as i64));
                shell.capture_event();
            }
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                if let Some(at) = cursor.position_over(bounds) {
                    touch.held = self.press(at, bounds, shell);
                    shell.capture_event();
                }
            }
            Event::Mouse(mouse::Event::CursorMoved { .. }) => {
                if let (Some(held), Some(at)) = (&mut touch.held, cursor.position()) {
                    self.drag(held, at, bounds, shell);
                }
            }
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left)) => {
                if let Some(Held::Message {
                    row,
                    at,
                    moved: false,
                    ..
                }) = touch.held.take()
                {
                    let shift = touch.modifiers.shift();
                    shell.publish(self.click(row, at, bounds, shift));
                }
            }
            _ => {}
        }
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _viewport: &Rectangle,
        _renderer: &Renderer,
    ) -> mouse::Interaction {
        let touch = tree.state.downcast_ref::<Touch>();
        let Some(at) = cursor.position_in(layout.bounds()) else {
            return mouse::Interaction::None;
        };
        match (touch.held, self.conversation.hit(at)) {
            (Some(Held::Bar { .. }), _) => mouse::Interaction::Grabbing,
            _ if at.x > layout.bounds().width - BAR => mouse::Interaction::Grab,
            (_, Some((_, at, row))) if row.target_at(at).is_some() => mouse::Interaction::Pointer,
            (_, Some((_, at, row))) if row.text.contains(at) => mouse::Interaction::Text,
            _ => mouse::Interaction::None,
        }
    }

    fn draw(
        &self,
        _tree: &Tree,
        renderer: &mut Renderer,
        _theme: &Theme,
        _style: &Style,
        layout: Layout<'_>,
        _cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        let bounds = layout.bounds();
        let Some(clip) = bounds.intersection(viewport) else {
            return;
        };
        fill(renderer, bounds, self.colors.ground);
        let rows = self
            .conversation
            .selection
            .as_ref()
            .and_then(Selection::rows);
        // Where a layer has other bounds than in the picture before, the rasteriser paints
        // all of it once; else it would compare row by row, find dozens of areas that
        // differ, and go through the whole window for each: 50 ms instead of 5.
        let layer = Rectangle {
            width: clip.width - (self.conversation.version() % 8) as f32 * HAIR,
            ..clip
        };
        renderer.with_layer(layer, |renderer| {
            for (index, top, row) in self.conversation.visible() {
                let origin = Point::new(bounds.x, (bounds.y + top as f32).round());
                let selected = rows.as_ref().is_some_and(|rows| rows.contains(&index));
                self.draw_row(renderer, index, row, origin, selected, clip);
            }
            if let Some(thumb) = self.thumb(bounds) {
                let quad = Quad {
                    bounds: thumb,
                    border: Border::default().rounded(4),
                    ..Quad::default()
                };
                renderer.fill_quad(quad, Background::Color(self.colors.line));
            }
            if self.focused {
                let quad = Quad {
                    bounds: bounds.shrink(1.0),
                    border: Border::default().width(2).color(self.colors.link),
                    ..Quad::default()
                };
                renderer.fill_quad(quad, Background::Color(Color::TRANSPARENT));
            }
        });
    }
}

impl List<'_> {
    fn press(&self, at: Point, bounds: Rectangle, shell: &mut Shell<'_, Message>) -> Option<Held> {
        if at.x > bounds.x + bounds.width - BAR {
            let thumb = self.thumb(bounds)?;
            if thumb.contains(at) {
                return Some(Held::Bar {
                    grip: at.y - thumb.y,
                });
            }
            let grip = thumb.height / 2.0;
            shell.publish(Message::Dragged(self.part_at(bounds, thumb, at.y, grip)));
            return Some(Held::Bar { grip });
        }
        let (row, within, laid_out) = self
            .conversation
            .hit(at - (bounds.position() - Point::ORIGIN))?;
        Some(Held::Message {
            row,
            byte: laid_out.text_at(within),
            at,
            moved: false,
        })
    }

    fn drag(&self, held: &mut Held, now: Point, bounds: Rectangle, shell: &mut Shell<'_, Message>) {
        match held {
            Held::Bar { grip } => {
                if let Some(thumb) = self.thumb(bounds) {
                    shell.publish(Message::Dragged(self.part_at(bounds, thumb, now.y, *grip)));
                }
            }
            Held::Message {
                row,
                byte,
                at,
                moved,
            } => {
                *moved |= now.distance(*at) > CLICK;
                let found = self.conversation.visible().find(|(index, ..)| index == row);
                if !*moved {
                    return;
                }
                let y = now.y - bounds.y;
                // Beyond an edge the list moves under the hand.
                if y < 0.0 || y > bounds.height {
                    shell.publish(Message::Scrolled(if y < 0.0 { -EDGE } else { EDGE }));
                }
                let inside = Point::new(now.x - bounds.x, y.clamp(0.0, bounds.height - 1.0));
                let under = self.conversation.hit(inside).map(|(row, ..)| row);
                match (found, under) {
                    (Some((row, top, laid_out)), under)
                        if under.is_none_or(|under| under == row) =>
                    {
                        let within = Point::new(now.x - bounds.x, y - top as f32);
                        let (from, to) = (*byte, laid_out.text_at(within));
                        shell.publish(Message::Marked(Selection::Text { row, from, to }));
                    }
                    // It has left its message: whole messages from there to here.
                    (_, Some(to)) => {
                        shell.publish(Message::Marked(Selection::Rows { from: *row, to }));
                    }
                    (_, None) => {}
                }
            }
        }
    }

    fn click(&self, row: usize, at: Point, bounds: Rectangle, shift: bool) -> Message {
        let found = self
            .conversation
            .visible()
            .find(|(index, ..)| *index == row);
        let target: Option<Target> = found.and_then(|(_, top, laid_out)| {
            let within = Point::new(at.x - bounds.x, at.y - bounds.y - top as f32);
            laid_out.target_at(within).cloned()
        });
        match target {
            Some(target) if !shift => Message::Followed(row, target),
            _ => Message::Clicked(row, shift),
        }
    }

    fn draw_row(
        &self,
        renderer: &mut Renderer,
        index: usize,
        row: &Row,
        origin: Point,
        selected: bool,
        clip: Rectangle,
    ) {
        let message = &self.conversation.messages()[index];
        let width = self.conversation.metrics().width;
        let by = origin - Point::ORIGIN;
        if message.own || selected {
            let y = (row.text.y - 3.0).max(0.0);
            let area = Rectangle {
                x: row.text.x - 8.0,
                y,
                width: width - row.text.x - 4.0,
                height: row.height as f32 - y,
            };
            let color = if selected {
                self.colors.selected
            } else {
                self.colors.own
            };
            fill(renderer, area + by, color);
            if message.own {
                let edge = Rectangle { width: 3.0, ..area };
                fill(renderer, edge + by, self.colors.link);
            }
        }
        if let Some((left, right)) = row.day {
            let y = row.pieces[0].1.y + self.conversation.metrics().text * 0.7;
            for (from, to) in [(14.0, left), (right, width - 14.0)] {
                let line = Rectangle::new(
                    Point::new(from, y.round()),
                    Size::new((to - from).max(0.0), 1.0),
                );
                fill(renderer, line + by, self.colors.line);
            }
        }
        for (area, mark) in &row.marks {
            if !(*area + by).intersects(&clip) {
                continue;
            }
            let color = match mark {
                Mark::Selected => self.colors.selected,
                Mark::Found => self.colors.found,
                Mark::Underline => self.colors.link,
            };
            fill(renderer, *area + by, color);
        }
        for (text, at, ink) in &row.pieces {
            let at = *at + by;
            if at.y > clip.y + clip.height || at.y + text.min_bounds().height < clip.y {
                continue;
            }
            let color = match ink {
                Ink::Text => self.colors.text,
                Ink::Faint => self.colors.faint,
                Ink::Link => self.colors.link,
                Ink::Author => self.colors.of_name(message.author()),
            };
            renderer.fill_paragraph(text, at, color, clip);
        }
    }
}

fn fill(renderer: &mut Renderer, bounds: Rectangle, color: Color) {
    let quad = Quad {
        bounds,
        ..Quad::default()
    };
    renderer.fill_quad(quad, Background::Color(color));
}

impl<'a> From<List<'a>> for Element<'a, Message> {
    fn from(list: List<'a>) -> Self {
        Element::new(list)
    }
}
