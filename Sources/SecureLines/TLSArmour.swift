package import Base
package import Lines
package import NIOCore
import NIOSSL
import NIOTLS

/// TLS 1.2 or later around a line of an analyzer (RFC 8446, RFC 5246).
package struct TLSArmour: LineArmour {
    private let context: NIOSSLContext
    private let settings: TLSSettings
    /// When the first certificate of our chain ends; nil when we show none.
    package let expiresAt: Instant?

    /// Reads the certificates now: a wrong file is refused when the configuration is read, not when somebody calls.
    /// Refusals: `line.tls.*`. `listening`: we need a certificate of our own.
    package init(_ settings: TLSSettings, listening: Bool, at place: String) throws(Refusal) {
        func refuse(_ word: String, _ cause: String, _ remedy: String) -> Refusal {
            Refusal("line.tls.\(word)", at: place, because: cause, remedy: remedy)
        }
        var configuration = listening ? TLSArmour.server : TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        var ends: [Instant] = []
        if let chain = settings.certificates {
            let certificates = try? NIOSSLCertificate.fromPEMBytes(chain)
            guard let certificates, !certificates.isEmpty else {
                throw refuse("certificate", "certificat illisible", "donner un fichier PEM (BEGIN CERTIFICATE)")
            }
            ends = certificates.map { Instant(seconds: Int64($0.notValidAfter)) }
            configuration.certificateChain = certificates.map { .certificate($0) }
        }
        if let bytes = settings.key {
            guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
                throw refuse("key", "clé privée illisible", "donner un fichier PEM sans mot de passe")
            }
            configuration.privateKey = .privateKey(key)
        }
        guard (settings.certificates == nil) == (settings.key == nil), !listening || settings.certificates != nil else {
            throw refuse(
                "pair", "le certificat et sa clé privée vont ensemble",
                "donner les deux : certificate et key")
        }
        if let bytes = settings.authorities {
            let authorities = try? NIOSSLCertificate.fromPEMBytes(bytes)
            guard let authorities, !authorities.isEmpty else {
                throw refuse("authorities", "autorités illisibles", "donner un fichier PEM (BEGIN CERTIFICATE)")
            }
            configuration.trustRoots = .certificates(authorities)
        }
        if listening, settings.requiresClientCertificate {
            guard settings.authorities != nil else {
                throw refuse(
                    "authorities", "un certificat est exigé de l'autre côté, sans autorité pour le juger",
                    "donner authorities")
            }
            // The name in an instrument's certificate says nothing of its address: who signed it counts.
            configuration.certificateVerification = .noHostnameVerification
        }
        do { context = try NIOSSLContext(configuration: configuration) } catch {
            throw refuse("pair", "la clé privée n'est pas celle du certificat", "donner la clé de ce certificat")
        }
        self.settings = settings
        expiresAt = ends.min()
    }

    /// Chain and key are put in later.
    private static var server: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        return configuration
    }

    package func put(on channel: any Channel, dialled host: String?) throws -> EventLoopFuture<Void> {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(FirstByte())
        if let host {
            // An address cannot be sent as a name (RFC 6066 section 3); it is compared with the certificate's.
            let name = settings.serverName ?? host
            let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name))
        } else {
            try pipeline.addHandler(NIOSSLServerHandler(context: context))
        }
        let peer = host ?? channel.remoteAddress?.ipAddress ?? ""
        let ready = channel.eventLoop.makePromise(of: Void.self)
        do { try pipeline.addHandler(HandshakeGate(ready, peer: peer)) } catch { ready.fail(error) }
        return ready.futureResult
    }
}

/// The other end said something that is not TLS.
private struct NotTLS: Error {}

/// An instrument that speaks in clear sends one ENQ and waits: less than the header of a TLS record, so that it would
/// be waited for. Its first byte tells: both ends begin with a handshake record or an alert (RFC 8446 section 5.1).
private final class FirstByte: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var isSeen = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isSeen, let first = unwrapInboundIn(data).readableBytesView.first {
            isSeen = true
            guard [0x15, 0x16].contains(first) else {
                context.fireErrorCaught(NotTLS())
                return
            }
        }
        context.fireChannelRead(data)
    }
}

/// Keeps a line from being up until both ends agree, and tells why when they do not.
private final class HandshakeGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    /// A peer that connects and says nothing holds its place no longer than this.
    private static let limit = TimeAmount.seconds(15)

    private let ready: EventLoopPromise<Void>
    private let peer: String
    private var isOpen = false
    private var isTold = false
    private var timer: Scheduled<Void>?

    init(_ ready: EventLoopPromise<Void>, peer: String) {
        self.ready = ready
        self.peer = peer
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: HandshakeGate.limit) { channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent, !isOpen {
            isOpen = true
            timer?.cancel()
            tell(nil)
            context.fireChannelActive()
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Many instruments cut a TLS line without its farewell: what was read is whole frame by frame all the same.
        if isOpen, let end = error as? NIOSSLError, end == .uncleanShutdown {
            context.close(promise: nil)
            return
        }
        let words = HandshakeGate.words(error)
        tell(words)
        context.fireErrorCaught(LineEnd.failed(words))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        tell("connexion fermée avant l'accord")
        context.fireChannelInactive()
    }

    /// A channel that never connected was never active either.
    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        tell("connexion fermée avant l'accord")
    }

    private func tell(_ failure: String?) {
        guard !isTold else { return }
        isTold = true
        guard let failure else { return ready.succeed() }
        ready.fail(
            Refusal(
                "line.tls.handshake", at: peer, because: "pas d'accord TLS : \(failure)",
                remedy: "vérifier certificats, autorités et nom du serveur des deux côtés"))
    }

    /// BoringSSL's reasons, in French; they have no type of their own.
    private static let known = [
        ("CERTIFICATE_VERIFY_FAILED", "certificat que nos autorités ne reconnaissent pas"),
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "aucun certificat présenté"),
        ("ALERT_UNKNOWN_CA", "notre certificat n'est pas reconnu en face"),
        ("ALERT_CERTIFICATE_REQUIRED", "notre certificat est exigé en face"),
        ("ALERT_BAD_CERTIFICATE", "notre certificat est refusé en face"),
        ("failedToValidateHostname", "le certificat porte un autre nom"),
        ("UNSUPPORTED_PROTOCOL", "version de TLS trop ancienne"),
        ("PROTOCOL_VERSION", "version de TLS trop ancienne"),
    ]
    private static func words(_ error: any Error) -> String {
        if error is NotTLS { return "le correspondant parle en clair" }
        if let end = error as? NIOSSLError, end == .uncleanShutdown { return "connexion fermée avant l'accord" }
        let text = "\(error)"
        return known.first { text.contains($0.0) }?.1 ?? String(text.prefix(200))
    }
}
