package import Base
import HL7v2
import Laboratory
package import Lines
import Store
package import Workflow

/// The laboratory's own listening port for business acknowledgements (ZAM, PFI.md section 5): each is durable before it
/// is acknowledged, and counts once whatever the number of times it comes.
package final class AcknowledgementListener: Sendable {
    private let desk: Desk
    private let log: @Sendable (String) -> Void
    private let listener: LineListener
    private let zone: CivilZone
    package var port: Int { listener.port }

    package static func start(
        host: String, port: Int, desk: Desk, zone: CivilZone, armour: (any LineArmour)? = nil,
        log: @escaping @Sendable (String) -> Void
    ) async throws(Refusal) -> AcknowledgementListener {
        try PFISettings.check(host: host, isProtected: armour != nil, at: "pfi.zam")
        return AcknowledgementListener(
            try await LineListener.start(host: host, port: port, allowedPeers: [], armour: armour), desk, zone, log)
    }

    private init(
        _ listener: LineListener, _ desk: Desk, _ zone: CivilZone, _ log: @escaping @Sendable (String) -> Void
    ) {
        self.listener = listener
        self.desk = desk
        self.zone = zone
        self.log = log
    }

    /// Runs until cancelled.
    package func run() async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for await line in listener.connections { group.addTask { await self.converse(line) } }
                group.cancelAll()
            }
        } onCancel: {
            Task { await self.listener.stop() }
        }
    }

    private func converse(_ line: Line) async {
        var framer = MLLPFramer()
        while true {
            switch await line.next() {
            case .bytes(let bytes):
                let events = framer.push(bytes)
                for event in events { await take(event, line) }
                // Who sends a block without end is no PFI: the line is closed, another may be opened.
                if events.contains(where: { if case .oversize = $0 { true } else { false } }) || framer.isOversize {
                    log("ZAM : \(line.peer) dépasse la taille permise, ligne fermée")
                    await line.close()
                    return
                }
            case .timeReached, .woken: continue
            case .ended:
                for event in framer.finish() { await take(event, line) }
                if framer.junk > 0 { log("ZAM : \(framer.junk) octets hors bloc de \(line.peer), ignorés") }
                await line.close()
                return
            }
        }
    }

    private func take(_ event: MLLPFramer.Event, _ line: Line) async {
        switch event {
        case .message(let block):
            guard let reply = await answer(to: block) else { return }
            do throws(LineEnd) { try await line.send(MLLP.frame(reply)) } catch { log("ZAM : ligne \(error)") }
        case .oversize(let count): log("ZAM : bloc de plus de \(count) octets, ignoré")
        case .halfMessage(let count): log("ZAM : message coupé après \(count) octets, ignoré")
        }
    }

    /// Nil when the store is away: without an answer the PFI sends it again.
    package func answer(to block: [UInt8]) async -> [UInt8]? {
        let at = desk.now()
        let stamp = at.hl7(in: zone)
        let parties = Parties(
            sendingApplication: "PAILLASSE", sendingFacility: "", receivingApplication: "PFI", receivingFacility: "")
        let message: HL7v2.ReceivedMessage
        do throws(Refusal) { message = try HL7v2.ReceivedMessage(block) } catch {
            log("ZAM illisible [\(error.code)]")
            return bytes(
                Acknowledgement.rejection(of: error, from: parties, controlID: desk.newIdentifier(), at: stamp))
        }
        let outcome: Acknowledgement
        do throws(Refusal) {
            let zam = try BusinessAcknowledgement(parsing: message)
            guard let taken = await take(zam, block, at) else { return nil }
            outcome = taken
        } catch {
            log("ZAM refusé [\(error.code)] \(error.place)")
            outcome = Acknowledgement(
                .error, messageID: message.controlID,
                problems: [Acknowledgement.Problem(code: "207", label: error.cause)])
        }
        return bytes(outcome.message(answering: message, controlID: desk.newIdentifier(), at: stamp))
    }

    private func bytes(_ message: Message) -> [UInt8]? {
        do throws(Refusal) { return try message.bytes() } catch {
            log("acquittement impossible [\(error.code)]")
            return nil
        }
    }

    private func take(_ zam: BusinessAcknowledgement, _ block: [UInt8], _ at: Instant) async -> Acknowledgement? {
        let inbound = InboundMessage(source: "PFI", controlID: zam.controlID, at: at, bytes: block)
        do throws(CommandFailure) {
            let found: Delivery?
            do throws(StoreFailure) {
                found = try await desk.store.delivery(controlID: zam.originalControlID)
            } catch { throw .store(error) }
            guard let delivery = found else {
                return refusal(zam, "aucun message de ce MSH-10 n'a été envoyé")
            }
            guard let details = DocumentTransmission(sent: delivery.message).map(zam.details) else {
                return refusal(zam, "le message \(delivery.controlID) ne se relit pas")
            }
            if details.isEmpty {
                return refusal(
                    zam,
                    zam.event == .dmp
                        ? "ce message n'était pas pour le DMP" : "cette adresse n'est pas de celles du message")
            }
            _ = try await desk.recordAcknowledgement(
                inbound, AcknowledgementListener.kind(of: zam), of: delivery, details: details)
            return Acknowledgement(.accept, messageID: zam.controlID)
        } catch {
            log("ZAM non enregistré : \(error)")
            return nil
        }
    }

    private static func kind(of zam: BusinessAcknowledgement) -> DeliveryEvent.Kind {
        switch zam.event {
        case .dmp: zam.accepted ? .dmpAccepted : .dmpRefused
        case .mailReceived: zam.accepted ? .mailDelivered : .mailRefused
        case .mailRead: zam.accepted ? .mailRead : .mailRefused
        }
    }

    /// Nothing of it is kept: what it says cannot be of that message.
    private func refusal(_ zam: BusinessAcknowledgement, _ cause: String) -> Acknowledgement {
        log("ZAM \(zam.event.rawValue) refusé : \(cause)")
        return Acknowledgement(
            .error, messageID: zam.controlID, problems: [Acknowledgement.Problem(code: "207", label: cause)])
    }
}

extension BusinessAcknowledgement {
    /// What it tells of whom the message was for, one line each: the mailbox as the message names it, then the error.
    /// Empty when it cannot be of that message. What did not arrive somewhere unsaid is looked at for each mailbox;
    /// what arrived is believed of a mailbox that is named, or of the only one; what was read, of whoever read it.
    fileprivate func details(_ sent: DocumentTransmission) -> [String?] {
        let error = problems.map { problem in
            let named = [problem.code, problem.label].filter { !$0.isEmpty }.joined(separator: " ")
            return [named, problem.technical.beside(problem.label)].filter { !$0.isEmpty }.joined(separator: " ; ")
        }.joined(separator: " ; ")
        if event == .dmp { return sent.toDMP ? [error.isEmpty ? nil : error] : [] }
        var boxes = sent.recipients.map(\.address)
        let said = address.map(BusinessAcknowledgement.bare) ?? ""
        let named = boxes.filter { $0.lowercased() == said.lowercased() }
        if !named.isEmpty {
            boxes = named
        } else if event == .mailRead, accepted, said.contains("@") {
            // Z03 names who read (LECTEUR_MSS), who may read for another: a secretary, an organization's mailbox.
            return boxes.count == 1
                ? ["\(boxes[0]) (lu par \(said))"] : ["\(said) (n'est pas un destinataire : lit pour l'un d'eux)"]
        } else if accepted, boxes.count != 1 || !said.isEmpty {
            return []
        }
        let whose = !named.isEmpty ? "" : said.isEmpty ? "(destinataire non dit)" : "(dit de \(said))"
        return boxes.map { [$0, error, whose].filter { !$0.isEmpty }.joined(separator: " ") }
    }

    /// `mailto:` and angle brackets around an address are ways to write it (RFC 6068, RFC 5322).
    private static func bare(_ address: String) -> String {
        var text = address.filter { !$0.isWhitespace && $0 != "<" && $0 != ">" }
        if text.lowercased().hasPrefix("mailto:") { text.removeFirst("mailto:".count) }
        return text
    }
}
