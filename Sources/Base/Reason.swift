extension StringProtocol {
    /// A reason in words: a dot or a dash says nothing to whoever reads it afterwards. The same for every reason that
    /// somebody gives.
    package var saysSomething: Bool { contains { $0.isLetter || $0.isNumber } }
}
