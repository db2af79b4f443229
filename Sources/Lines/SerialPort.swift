package import Base
import CSerial
import Glibc
import NIOCore
import NIOPosix

/// A serial device as a line.
package enum SerialPort {
    /// Opens `path` with `settings`, alone (a second program is refused). Refusals: `line.serial.*`.
    package static func open(
        path: String, _ settings: SerialSettings = SerialSettings()
    ) async throws(Refusal) -> Line {
        try settings.check(at: path)
        let descriptor = cserial_open(path)
        guard descriptor >= 0 else { throw openRefusal(path, -descriptor) }
        do throws(Refusal) {
            try configure(descriptor, path, settings)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return try await Line.over(descriptor: descriptor, peer: path)
    }

    /// The settings that the device has now, as the system tells them.
    package static func settings(path: String) throws(Refusal) -> SerialSettings {
        let descriptor = Glibc.open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw openRefusal(path, errno) }
        defer { Glibc.close(descriptor) }
        var found = cserial_settings()
        let rc = cserial_read(descriptor, &found)
        guard rc >= 0 else { throw openRefusal(path, -rc) }
        return SerialSettings(
            baud: Int(found.baud), dataBits: Int(found.data_bits),
            parity: SerialSettings.Parity.allCases[Int(found.parity)], stopBits: Int(found.stop_bits),
            flow: SerialSettings.Flow.allCases[Int(found.flow)])
    }

    private static func configure(_ descriptor: CInt, _ path: String, _ settings: SerialSettings) throws(Refusal) {
        let parity: UInt8 =
            switch settings.parity {
            case .none: 0
            case .even: 1
            case .odd: 2
            }
        let flow: UInt8 =
            switch settings.flow {
            case .none: 0
            case .rtscts: 1
            case .xonxoff: 2
            }
        var wanted = cserial_settings(
            baud: UInt32(settings.baud), data_bits: UInt8(settings.dataBits), parity: parity,
            stop_bits: UInt8(settings.stopBits), flow: flow)
        let rc = cserial_configure(descriptor, &wanted)
        guard rc >= 0 else {
            throw Refusal(
                "line.serial.settings", at: path, because: "réglage \(settings.text) refusé (\(systemText(-rc)))",
                remedy: "choisir une vitesse usuelle (9600, 19200, 38400, 115200)")
        }
        // A pseudo-terminal has neither parity nor 7 bits: it stands for the cable, bytes cross it anyway.
        guard rc == 0 || cserial_is_pseudo(descriptor) == 1 else {
            throw Refusal(
                "line.serial.settings", at: path, because: "l'appareil n'a pas pris tout le réglage \(settings.text)",
                remedy: "choisir un réglage que l'adaptateur sait faire")
        }
    }

    private static func openRefusal(_ path: String, _ code: CInt) -> Refusal {
        let remedy =
            switch code {
            case ENOENT: "brancher l'appareil ou corriger le chemin"
            case EACCES, EPERM: "donner au service le droit sur le port (groupe dialout)"
            case EAGAIN: "arrêter l'autre programme qui tient ce port"
            case ENOTTY: "indiquer un port série"
            case _: "vérifier le port série"
            }
        let word = code == EAGAIN ? "busy" : code == ENOENT ? "absent" : "open"
        let cause = code == EAGAIN ? "déjà ouvert par un autre programme" : systemText(code)
        return Refusal("line.serial.\(word)", at: path, because: "port inutilisable (\(cause))", remedy: remedy)
    }
}

/// A pseudo-terminal: two programs of one machine joined as by a serial cable.
package struct Pty: Sendable {
    /// Our end.
    package let line: Line
    /// The device that the other program opens as its serial port.
    package let path: String

    /// Makes the pair, in raw mode. `linkPath`: a symbolic link to the device, made now (replacing only a link) and
    /// removed when the line closes. The pair stays up while the other program comes and goes, as a cable does.
    package static func open(linkPath: String? = nil) async throws(Refusal) -> Pty {
        var name = [CChar](repeating: 0, count: 128)
        var keeper: CInt = -1
        let master = cserial_open_pty(&name, name.count, &keeper)
        guard master >= 0 else {
            throw Refusal(
                "line.pty", because: "pseudo-terminal impossible (\(systemText(-master)))", remedy: "vérifier /dev/pts")
        }
        let path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if let linkPath {
            var status = stat()
            if lstat(linkPath, &status) == 0, status.st_mode & S_IFMT == S_IFLNK { unlink(linkPath) }
            guard symlink(path, linkPath) == 0 else {
                let code = errno
                Glibc.close(master)
                Glibc.close(keeper)
                throw Refusal(
                    "line.pty.link", at: linkPath, because: "lien impossible (\(systemText(code)))",
                    remedy: "choisir un chemin libre dans un dossier permis")
            }
        }
        let held = keeper
        let line = try await Line.over(descriptor: master, peer: path) {
            Glibc.close(held)
            if let linkPath { unlink(linkPath) }
        }
        return Pty(line: line, path: path)
    }
}

extension Line {
    static func over(
        descriptor: CInt, peer: String, atClose: (@Sendable () -> Void)? = nil
    ) async throws(Refusal) -> Line {
        let inbox = LineInbox()
        do {
            let channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(LineHandler(inbox))
                    }
                }
                .takingOwnershipOfDescriptor(inputOutput: descriptor).get()
            return Line(peer: peer, channel: channel, inbox: inbox, atClose: atClose)
        } catch {
            Glibc.close(descriptor)
            atClose?()
            throw Refusal(
                "line.descriptor", at: peer, because: "ligne inutilisable (\(error))", remedy: "vérifier le port série")
        }
    }
}
