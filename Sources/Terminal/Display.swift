import Base
import CCurses
package import Console
import Foundation
import Glibc

/// Cells out: what changed between two screens goes to ncurses, which knows the terminal. One thread at a time.
package struct Display: ~Copyable {
    private var shown: Screen?
    private var theme: Theme?
    /// Colours that the terminal has.
    package let colours: Int

    /// Nil: no terminal that ncurses knows (`TERM`).
    package init?(mouse: Bool) {
        let colours = paillasse_curses_begin()
        guard colours >= 0 else { return nil }
        self.colours = Int(colours)
        // Bracketed paste, and clicks when asked for (xterm control sequences, DECSET 2004, 1000 and 1006).
        Display.write("\u{1B}[?2004h" + (mouse ? "\u{1B}[?1000h\u{1B}[?1006h" : ""))
    }

    /// The terminal, or why not. `otherwise`: what does the same work without a screen.
    static func taken(
        mouse: Bool, code: String = "terminal.unknown", otherwise: String
    ) throws(Refusal) -> Display {
        guard let display = Display(mouse: mouse) else {
            throw Refusal(
                code, at: "TERM", because: "ce terminal n'est pas connu de ncurses",
                remedy: "donner TERM (xterm-256color, screen…), ou \(otherwise)")
        }
        return display
    }

    deinit {
        Display.write("\u{1B}[?1006l\u{1B}[?1000l\u{1B}[?2004l")
        paillasse_curses_end()
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }

    /// A theme whose colours this terminal can show: without 256 of them, signs and weight say everything.
    package func possible(_ theme: Theme) -> Theme { colours >= 256 ? theme : .mono }

    package mutating func show(_ screen: Screen, _ wanted: Theme) {
        let theme = possible(wanted)
        if let shown, shown.width != screen.width || shown.height != screen.height {
            paillasse_curses_resize(Int32(screen.height), Int32(screen.width))
            self.shown = nil
        }
        for run in screen.changes(since: self.theme == theme ? shown : nil) { put(run, screen, theme) }
        let place = screen.cursor
        paillasse_curses_show(Int32(place?.row ?? -1), Int32(place?.column ?? 0))
        shown = screen
        self.theme = theme
    }

    private func put(_ run: Screen.Run, _ screen: Screen, _ theme: Theme) {
        var column = run.columns.lowerBound
        while column < run.columns.upperBound {
            let style = screen[run.row, column].style
            var text = ""
            var end = column
            // The C side takes 1023 characters at once; no line of a terminal is near that.
            while end < run.columns.upperBound, screen[run.row, end].style == style, end - column < 500 {
                if let glyph = screen[run.row, end].glyph { text.append(glyph) }
                end += 1
            }
            let ink = theme.ink(style)
            paillasse_curses_put(
                Int32(run.row), Int32(column), text, Int32(ink.foreground ?? -1), Int32(ink.background ?? -1),
                ink.bold ? 1 : 0, ink.reverse ? 1 : 0, ink.underline ? 1 : 0)
            column = end
        }
    }

    package func bell() { paillasse_curses_bell() }

    /// Rows and columns now; nil when standard output is no terminal.
    package static var size: (width: Int, height: Int)? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
