/// Who belongs to whom in a message (LIS2-A2 section 5.1): patients hold orders, orders hold results, and comments,
/// manufacturer and scientific records belong to the record before them. Record numbers only; texts are asked of
/// the message.
package struct LISTree: Sendable, Equatable {
    /// A patient; `record` is nil when orders came without one.
    package struct Patient: Sendable, Equatable {
        package var record: Int?
        package var attached: [Int] = []
        package var orders: [Order] = []
    }
    /// A test order; `record` is nil when results came without one.
    package struct Order: Sendable, Equatable {
        package var record: Int?
        package var attached: [Int] = []
        package var results: [Observed] = []
    }
    /// A result record with the C, M and S records that follow it.
    package struct Observed: Sendable, Equatable {
        package var record: Int
        package var attached: [Int] = []
    }
    package var patients: [Patient] = []
    package var queries: [Int] = []
    /// C, M and S that follow the header, a query or the terminator.
    package var attachedElsewhere: [Int] = []
    /// Records of no known kind, and headers or terminators beyond the first.
    package var stray: [Int] = []
}

extension LISMessage {
    /// The tree, built in one walk.
    package var tree: LISTree {
        var tree = LISTree()
        /// What a comment would belong to now.
        var owner = LISRecordKind.header
        for record in records {
            let kind = record.kind
            switch kind {
            case .header, .terminator:
                owner = kind
                if kind == .header ? record.number > 0 : record.number != terminator?.number {
                    tree.stray.append(record.number)
                }
            case .patient:
                owner = kind
                tree.patients.append(LISTree.Patient(record: record.number))
            case .order:
                owner = kind
                if tree.patients.isEmpty { tree.patients.append(LISTree.Patient(record: nil)) }
                tree.patients[tree.patients.count - 1].orders.append(LISTree.Order(record: record.number))
            case .result:
                owner = kind
                if tree.patients.isEmpty { tree.patients.append(LISTree.Patient(record: nil)) }
                let patient = tree.patients.count - 1
                if tree.patients[patient].orders.isEmpty {
                    tree.patients[patient].orders.append(LISTree.Order(record: nil))
                }
                let order = tree.patients[patient].orders.count - 1
                tree.patients[patient].orders[order].results.append(LISTree.Observed(record: record.number))
            case .query:
                owner = kind
                tree.queries.append(record.number)
            case .comment, .manufacturer, .scientific: tree.attach(record.number, to: owner)
            case .unknown: tree.stray.append(record.number)
            }
        }
        return tree
    }
}

extension LISTree {
    fileprivate mutating func attach(_ record: Int, to owner: LISRecordKind) {
        let patient = patients.count - 1
        switch owner {
        case .patient: patients[patient].attached.append(record)
        case .order:
            let order = patients[patient].orders.count - 1
            patients[patient].orders[order].attached.append(record)
        case .result:
            let order = patients[patient].orders.count - 1
            let observed = patients[patient].orders[order].results.count - 1
            patients[patient].orders[order].results[observed].attached.append(record)
        case .header, .query, .terminator, .comment, .manufacturer, .scientific, .unknown:
            attachedElsewhere.append(record)
        }
    }
}
