import Base
import Testing

@testable import Quality

@Suite struct `A Levey–Jennings chart` {
    private func chart(_ runs: String, events: [ControlEvent] = [], last: Int? = nil) -> LeveyJennings {
        LeveyJennings(Control.timeline(runs, events: events), title: "K sur A2", events: events, last: last)
    }
    private func rows(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func `places each point on its row and column`() {
        let chart = chart("1:0,2:1 1:-2,2:3")
        let lines = rows(chart.text(width: 40, alphabet: .ascii))
        #expect(lines[0] == "K sur A2")
        func row(_ label: String) -> String {
            lines.first { $0.hasPrefix(label) }.map { String($0.dropFirst(6)) } ?? ""
        }
        #expect(row("  m") == "1---")
        #expect(row(" +1s") == "2...")
        #expect(row(" -2s") == "..1.")
        #expect(row(" +3s") == "==2=")
        #expect(lines[18] == "      . .")
    }

    @Test func `keeps rejected and excluded points and says what rejected`() {
        let chart = chart("1:0.1,2:0.1 1:3.4,2:0.1 1:x3.4,2:0.2")
        #expect(chart.marks.map(\.kind) == [.quiet, .quiet, .rejected, .quiet, .excluded, .quiet])
        let text = chart.text(alphabet: .unicode)
        #expect(text.contains("✖ R2 : niveau 1 z = +3.40 (1-2s 1-3s)"))
        #expect(text.contains("×") && text.contains("● niveau 1   ■ niveau 2"))
    }

    @Test func `draws what is beyond four SD on the edge, as an arrow`() {
        let lines = rows(chart("1:9 1:-9").text(width: 40, alphabet: .ascii))
        #expect(lines[1] == "      ^")
        #expect(lines[17] == "        v")
        let edge = ZScore(value: Exact(4), target: Exact(0), sd: Exact(1))
        #expect(edge.map { LeveyJennings.height($0).isBeyond } == false)
    }

    @Test func `marks events and changes of lot`() {
        let event = ControlEvent(.calibration, at: Control.at(1, minutes: 30), note: "lot 42")
        let chart = chart("1:0 1:0 1:0 1@B:0", events: [event])
        #expect(chart.events.map(\.column) == [2, 3])
        #expect(chart.events.map(\.text) == ["calibration lot 42", "lot B (niveau 1)"])
        let text = chart.text(alphabet: .ascii)
        #expect(text.contains("| avant R3 : calibration lot 42") && text.contains("| avant R4 : lot B (niveau 1)"))
        let after = ControlEvent(.maintenance, at: Control.at(9))
        #expect(self.chart("1:0", events: [after]).events.map(\.column) == [1])
        #expect(self.chart("1:0", events: [ControlEvent(.maintenance, at: Control.at(-1))]).events.isEmpty)
    }

    @Test func `gives no glyph to a control in parallel that has no target yet`() {
        var points = Control.points("1:0,2:1 1:0,2:1")
        var stranger = Control.point("R2", Control.at(1), level: "1B", z: "0", target: nil, isParallel: true)
        stranger.level = ControlLevel("M1B")
        points.append(stranger)
        let timeline = ControlTimeline(assay: Control.assay, policy: Control.policy(), points: points)
        let chart = LeveyJennings(timeline, title: "K")
        #expect(chart.levels.map(\.name) == ["1", "2"])
        let text = chart.text(alphabet: .unicode)
        #expect(text.contains("● niveau 1   ■ niveau 2") && !text.contains("M1B"))
    }

    @Test func `shows a run without z as a question mark, not as nothing`() {
        let text = chart("1:0.1 1:?").text(width: 40, alphabet: .ascii)
        #expect(rows(text)[18] == "      . ?")
    }

    @Test func `fits its width and shows the newest runs`() {
        let text = chart(WestgardCase.times(30, "1:0.1,2:-0.1")).text(width: 20, alphabet: .ascii)
        let frame = rows(text).dropFirst(2).prefix(17)
        #expect(frame.allSatisfy { $0.count <= 20 })
        #expect(text.contains("(17 serie(s) plus ancienne(s) non montree(s))"))
        #expect(
            chart(WestgardCase.times(30, "1:0.1"), last: 5).columns.map(\.run) == ["R26", "R27", "R28", "R29", "R30"])
    }

    @Test func `is ASCII when asked so`() {
        let runs = "1:0.1,2:5,3:1 1:x1,2:-5,3:? 1@B:2.5,2:2.5,3:0"
        #expect(chart(runs).text(alphabet: .ascii).utf8.allSatisfy { $0 < 0x80 })
        #expect(!chart(runs).text(alphabet: .unicode).utf8.allSatisfy { $0 < 0x80 })
    }

    @Test func `stars two points of one place`() {
        let text = chart("1:0,2:0").text(width: 40, alphabet: .ascii)
        #expect(text.contains("  m   *"))
    }

    @Test func `is well-formed SVG, the same every time, with markup escaped`() {
        let timeline = Control.timeline("1:0.1,2:0.1 1:3.4,2:-5 1:x3.4,2:?")
        let chart = LeveyJennings(timeline, title: "K < 5 & \"A2\"\u{1}")
        let svg = chart.svg()
        #expect(svg == chart.svg())
        #expect(svg.contains("<title>K &lt; 5 &amp; &quot;A2&quot; </title>"))
        #expect(svg.hasPrefix("<?xml") && svg.hasSuffix("</svg>\n"))
        #expect(svg.split(separator: "<svg ").count == 2)
        let opened = svg.matches(of: /<(circle|line|polygon|text|rect|title)\b/).count
        let closed = svg.matches(of: /\/>|<\/(text|title)>/).count
        #expect(opened == closed && opened > 20)
        #expect(svg.contains("1-3s"))
    }

    @Test func `draws limits at equal distances and points in proportion`() {
        let drawing = chart("1:0 1:1.5 1:-3").drawing(width: 7000, height: 3000)
        let limits = drawing.inks.compactMap { ink -> Int? in
            if case .line(let x1, let y1, let x2, let y2, _, _) = ink, y1 == y2, x1 == 420, x2 == 6850 {
                y1
            } else {
                nil
            }
        }
        #expect(limits.count == 7)
        #expect(Set(zip(limits, limits.dropFirst()).map { $0 - $1 }) == [285])
        let glyphs = drawing.inks.compactMap { ink -> Int? in
            if case .glyph(.circle, _, let y, 28, let tone) = ink, y < 2800, tone != .soft { y } else { nil }
        }
        #expect(glyphs == [limits[3], limits[3] - 427, limits[0]])
        #expect(drawing.inks.allSatisfy { isInside($0, drawing) })
    }

    private func isInside(_ ink: ChartInk, _ drawing: ChartDrawing) -> Bool {
        switch ink {
        case .line(let x1, let y1, let x2, let y2, _, _):
            [x1, x2].allSatisfy { (0...drawing.width).contains($0) }
                && [y1, y2].allSatisfy { (0...drawing.height).contains($0) }
        case .glyph(_, let x, let y, let size, _):
            (size...(drawing.width - size)).contains(x) && (size...(drawing.height - size)).contains(y)
        case .text(_, let x, let y, _, _, _): (0...drawing.width).contains(x) && (0...drawing.height).contains(y)
        }
    }

    @Test func `is drawn without any run`() {
        let empty = chart("")
        #expect(empty.text(alphabet: .ascii).contains("K sur A2"))
        #expect(empty.svg().hasSuffix("</svg>\n"))
    }
}
