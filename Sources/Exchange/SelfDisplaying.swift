import CDA

extension ReportDispatch {
    /// A document in its style sheet: one file that a browser shows (*auto-présentable*), the document in it as sent.
    package static func selfDisplaying(_ cda: [UInt8]) -> [UInt8] { StyleSheet.wrapped(cda) }
}
