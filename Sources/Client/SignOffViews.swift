package import Base
package import Laboratory

// The biologist's sign-off, both ways.

/// A person chooses the code that signatures ask for, proving the secret.
package struct PINBody: Codable, Sendable, Hashable {
    package var secret: String
    package var pin: String
    package init(secret: String, pin: String) {
        self.secret = secret
        self.pin = pin
    }
}

/// What a signature is to hold beside the results as they stand; an absent key changes nothing.
package struct SignDraftBody: Codable, Sendable, Hashable {
    /// Analyses left for another signature.
    package var except: [String]?
    /// Codes of `comments.csv`.
    package var comments: [String]?
    package var note: String?
    /// Why something signed is replaced, with more of it in words.
    package var reason: Amendment.Reason?
    package var words: String?
    package init(
        except: [String]? = nil, comments: [String]? = nil, note: String? = nil, reason: Amendment.Reason? = nil,
        words: String? = nil
    ) {
        self.except = except
        self.comments = comments
        self.note = note
        self.reason = reason
        self.words = words
    }
    package var draft: SignDraft {
        SignDraft(
            except: except ?? [], comments: comments ?? [], note: note,
            amendment: reason.map { Amendment($0, words: words) })
    }
}

package struct SignBody: Codable, Sendable, Hashable {
    package var contentHash: String
    /// The code of the person (`account pin`).
    package var pin: String
    package var partial: Bool?
    /// Why a critical value is signed before anybody was told of it.
    package var uncalled: String?
    package var draft: SignDraftBody?
    package init(
        contentHash: String, pin: String, partial: Bool? = nil, uncalled: String? = nil, draft: SignDraftBody? = nil
    ) {
        self.contentHash = contentHash
        self.pin = pin
        self.partial = partial
        self.uncalled = uncalled
        self.draft = draft
    }
}

/// All that nothing stops, signed by exception. `files` must be the whole of the queue's proposable files.
package struct LotBody: Codable, Sendable, Hashable {
    package struct File: Codable, Sendable, Hashable {
        package var request: String
        package var contentHash: String
        package init(request: String, contentHash: String) {
            self.request = request
            self.contentHash = contentHash
        }
    }
    package var pin: String
    package var files: [File]
    package var section: String?
    /// True: files that came since the batch was summed up wait for the next one; else any makes it refused.
    package var frozen: Bool?
    /// Numbers of proposable files that are kept out of it on purpose.
    package var left: [String]?
    package init(
        pin: String, files: [File], section: String? = nil, frozen: Bool? = nil, left: [String]? = nil
    ) {
        self.left = left
        self.frozen = frozen
        self.pin = pin
        self.files = files
        self.section = section
    }
}

/// What became of a file of a lot: signed, or why not.
package struct LotOutcomeView: Codable, Sendable, Hashable {
    package var requestNumber: String
    package var signature: SignatureView?
    package var code: String?
    package var place: String?
    package var because: String?
    package var remedy: String?
    package init(requestNumber: String, signature: SignatureView?, refusal: Refusal?) {
        self.requestNumber = requestNumber
        self.signature = signature
        code = refusal?.code
        place = refusal?.place
        because = refusal?.cause
        remedy = refusal?.remedy
    }
    package var refusal: Refusal? {
        code.map { Refusal($0, at: place ?? requestNumber, because: because ?? "", remedy: remedy ?? "") }
    }
}

package struct CommentView: Codable, Sendable, Hashable {
    package var code: String
    package var section: String?
    package var text: String
    package init(code: String, section: String?, text: String) {
        self.code = code
        self.section = section
        self.text = text
    }
}

/// How a period was signed.
package struct SignOffFiguresView: Codable, Sendable, Hashable {
    package struct OfHold: Codable, Sendable, Hashable {
        package var code: String
        /// Results signed although held with it, and those of them that a later version replaced.
        package var overridden: Int
        package var retracted: Int
        package init(code: String, overridden: Int, retracted: Int) {
            self.code = code
            self.overridden = overridden
            self.retracted = retracted
        }
    }
    package var signed: Int
    package var inLot: Int
    package var amendments: Int
    /// Mean seconds between two files signed one by one.
    package var seconds: Int?
    package var holds: [OfHold]
    /// Results typed by hand in the period.
    package var typing: TypingMeasure
    package init(
        signed: Int, inLot: Int, amendments: Int, seconds: Int?, holds: [OfHold], typing: TypingMeasure
    ) {
        self.typing = typing
        self.signed = signed
        self.inLot = inLot
        self.amendments = amendments
        self.seconds = seconds
        self.holds = holds
    }
}

/// How the laboratory reads and signs from now on, and why.
package struct SignOffSettingsBody: Codable, Sendable, Hashable {
    package var settings: SignOffSettings
    package var reason: String
    package init(_ settings: SignOffSettings, reason: String) {
        self.settings = settings
        self.reason = reason
    }
}

extension LaboratoryClient {
    package func signOffSettings() async throws(Refusal) -> SignOffSettings { try await get("/v1/signatures/settings") }
    package func setSignOff(_ body: SignOffSettingsBody) async throws(Refusal) -> SignOffSettings {
        try await send("PUT", "/v1/signatures/settings", body)
    }
    package func choosePIN(_ body: PINBody) async throws(Refusal) {
        let _: Done = try await send("POST", "/v1/pin", body)
    }
    /// `section`: only files that are all of it.
    package func awaitingSignature(
        limit: Int? = nil, section: String? = nil
    ) async throws(Refusal) -> [SignableLineView] {
        try await get("/v1/bio", [("limit", limit.map(String.init)), ("section", section)])
    }
    package func fileToSign(_ reference: String) async throws(Refusal) -> FileToSignView {
        try await get("/v1/bio/\(LaboratoryClient.segment(reference))")
    }
    /// The file as this draft would sign it.
    package func fileToSign(_ reference: String, _ draft: SignDraftBody) async throws(Refusal) -> FileToSignView {
        try await send("POST", "/v1/bio/\(LaboratoryClient.segment(reference))/draft", draft)
    }
    /// Refused for what the signature would be refused for; the code is not looked at.
    package func checkSignature(_ reference: String, _ body: SignBody) async throws(Refusal) {
        let _: Done = try await send("POST", "/v1/bio/\(LaboratoryClient.segment(reference))/check", body)
    }
    package func sign(_ reference: String, _ body: SignBody) async throws(Refusal) -> SignatureView {
        try await send("POST", "/v1/bio/\(LaboratoryClient.segment(reference))/sign", body)
    }
    package func signLot(_ body: LotBody) async throws(Refusal) -> [LotOutcomeView] {
        try await send("POST", "/v1/bio/lot", body)
    }
    /// Those that it would refuse; signs nothing, and takes no code.
    package func checkLot(_ body: LotBody) async throws(Refusal) -> [LotOutcomeView] {
        try await send("POST", "/v1/bio/lot/check", body)
    }
    package func comments() async throws(Refusal) -> [CommentView] { try await get("/v1/comments") }
    /// Of a day or from one to another, the laboratory's today when none is said; `all`: of everybody, not of the
    /// person alone.
    package func signOffFigures(
        from: CivilDate?, to: CivilDate?, all: Bool
    ) async throws(Refusal) -> SignOffFiguresView {
        try await get(
            "/v1/signatures/figures",
            [("from", from?.description), ("to", to?.description), ("all", all ? "true" : nil)])
    }
}

/// What a signature would make, not signed: the page says so on every sheet, the document in its signature codes.
package struct PreviewView: Codable, Sendable, Hashable {
    package var requestNumber: String
    @InBase64 package var pdf: [UInt8]
    @InBase64 package var cda: [UInt8]
    package init(requestNumber: String, pdf: [UInt8], cda: [UInt8]) {
        self.requestNumber = requestNumber
        self.pdf = pdf
        self.cda = cda
    }
}
