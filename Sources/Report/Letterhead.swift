/// What the laboratory's configuration puts on its pages, beside what the law asks.
package struct Letterhead: Sendable, Hashable {
    /// A PNG picture; empty for none.
    package var logo: [UInt8]
    /// Form of the company, scope of accreditation, data protection: the foot of every page, one a line.
    package var mentions: [String]

    package init(logo: [UInt8] = [], mentions: [String] = []) {
        self.logo = logo
        self.mentions = mentions
    }
    package static let plain = Letterhead()
}
