import Base
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

// The socket under the API. No type of Hummingbird or NIO leaves this file.

extension LaboratoryAPI {
    /// Connections at the same time; a laboratory has some dozens of seats.
    static let connections = 512
    /// Silence after which a connection is closed, in seconds.
    static let idle: Int64 = 75
    /// Time that answers under way get when the server stops, in seconds.
    static let farewell: Int64 = 10

    /// Serves until the task is cancelled, then lets the answers under way finish. `port` 0 takes a free one; `onBound`
    /// is told which. Throws `server.bind` when the address cannot be had.
    package func run(
        host: String, port: Int, onBound: @escaping @Sendable (_ port: Int) async -> Void
    ) async throws {
        // Nothing is logged here: paths and queries hold names. What matters is in the audit chain.
        var logger = Logger(label: "paillasse.api")
        logger.logLevel = .critical
        let application = Application(
            responder: SocketResponder(api: self),
            server: .http1(configuration: .init(idleTimeout: .seconds(LaboratoryAPI.idle))),
            configuration: .init(
                address: .hostname(host, port: port), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(LaboratoryAPI.connections)),
            onServerRunning: { channel in await onBound(channel.localAddress?.port ?? port) },
            logger: logger)
        var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(LaboratoryAPI.farewell)
        let group = ServiceGroup(configuration: configuration)
        // Cancellation would cut answers in the middle; it is turned into the group's graceful end.
        let serving = Task { try await group.run() }
        do {
            try await withTaskCancellationHandler {
                try await serving.value
            } onCancel: {
                Task {
                    await feed.close()
                    await group.triggerGracefulShutdown()
                }
            }
        } catch let error as IOError {
            throw Refusal(
                "server.bind", at: "\(host):\(port)",
                because: "cette adresse ne peut être ouverte : \(error.errnoCode)",
                remedy: "arrêter l'autre serveur, ou choisir un autre port")
        }
    }
}

private struct SocketContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let peer: String
    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? "-"
    }
}

private struct SocketResponder: HTTPResponder {
    typealias Context = SocketContext
    let api: LaboratoryAPI

    func respond(to request: Request, context: SocketContext) async throws -> Response {
        let answer: Answer
        do {
            let body = try await request.body.collect(upTo: LaboratoryAPI.largestBody)
            answer = await api.respond(
                to: LaboratoryAPI.Incoming(
                    method: request.method.rawValue, target: request.head.path ?? "/",
                    authorization: request.headers[.authorization], peer: context.peer,
                    body: Array(body.readableBytesView)))
        } catch is NIOTooManyBytesError {
            answer = .refusal(
                Refusal(
                    "body.size", because: "le corps dépasse \(LaboratoryAPI.largestBody) octets",
                    remedy: "envoyer moins à la fois"))
        }
        var headers = HTTPFields()
        headers[.contentType] = answer.type
        headers[.contentLength] = String(answer.body.count)
        // Answers hold health data: no cache keeps them.
        headers[.cacheControl] = "no-store"
        if answer.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        if answer.status == 413 { headers[.connection] = "close" }
        return Response(
            status: .init(code: answer.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}
