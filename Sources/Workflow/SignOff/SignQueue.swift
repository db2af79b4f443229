import Base
import Laboratory

/// The biologist's queue as it is put together: files of long ago that a corrected identity brings back stand on one
/// line a patient, the newest of them, and the next one comes when that one is signed.
struct SignQueue {
    /// Signed longer ago than this, a report is old (our decision): who acted on it did so long since.
    static let old = Duration.seconds(90 * 86_400)

    private(set) var files: [FileToSign] = []
    private var oldest: [String: (place: Int, signedAt: Instant, others: Int)] = [:]
    private(set) var listed: Set<String> = []

    /// `oldSince`: when it was signed, for one that only a corrected identity brings back after so long.
    mutating func add(_ file: FileToSign, oldSince: Instant?) {
        listed.insert(file.request.id)
        guard let oldSince else { return files.append(file) }
        guard var group = oldest[file.patient.id] else {
            oldest[file.patient.id] = (files.count, oldSince, 0)
            return files.append(file)
        }
        group.others += 1
        if oldSince > group.signedAt {
            group.signedAt = oldSince
            files[group.place] = file
        }
        files[group.place].obstacles.removeAll { $0.kind == .others }
        files[group.place].obstacles.append(SignObstacle(.others, version: group.others))
        oldest[file.patient.id] = group
    }
}

extension SignReview {
    /// When it was last signed, if that is long ago and only the identity says otherwise since.
    func oldIdentity(at now: Instant) -> Instant? {
        guard let signed = file.earlier?.signature.at, file.fresh.isEmpty, file.replaced.isEmpty,
            !file.hasFreshSupplements, !changes.isEmpty, changes.allSatisfy(\.part.isIdentity),
            now.milliseconds - signed.milliseconds > SignQueue.old.components.seconds * 1000
        else { return nil }
        return signed
    }
}

extension FileToSign {
    /// A call that is still to be made about a result of it comes before all else.
    func told(callsOf results: [Observation]) -> FileToSign {
        let known = Set(observations.map(\.id))
        let codes = Set(results.filter { known.contains($0.id) }.map(\.analysis)).sorted()
        guard !codes.isEmpty else { return self }
        var told = self
        told.lane = .critical
        if !told.obstacles.contains(where: { $0.kind == .call }) {
            told.obstacles.insert(SignObstacle(.call, codes), at: 0)
        }
        return told
    }
}
