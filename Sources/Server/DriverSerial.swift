import Drivers
import Lines

extension Lines.SerialSettings {
    /// The settings that a driver names for its model, as a line takes them.
    init(_ settings: Drivers.SerialSettings) {
        let parity: Parity =
            switch settings.parity {
            case .none: .none
            case .even: .even
            case .odd: .odd
            }
        let flow: Flow =
            switch settings.flow {
            case .none: .none
            case .xonXoff: .xonxoff
            case .rtsCts: .rtscts
            }
        self.init(
            baud: settings.baud, dataBits: settings.dataBits, parity: parity, stopBits: settings.stopBits, flow: flow)
    }
}
