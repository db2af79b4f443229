package import Base
import HL7v2
import LIS2
package import Laboratory

extension Driver {
    /// What one journalled message says, in the driver's own dialect.
    package func read(bytes: [UInt8], zone: CivilZone = .europeParis) -> Reading {
        switch description.dialect {
        case .lis2: return read(LISMessage(bytes: bytes), zone: zone)
        case .hl7:
            do throws(Refusal) { return read(hl7: try ReceivedMessage(bytes), zone: zone) } catch {
                return Reading(problems: [error])
            }
        case .text(let text):
            let readings = text.messages(in: bytes).map { read($0, zone: zone) }
            if !readings.isEmpty { return Reading(joining: readings) }
            return Reading(problems: [
                Refusal(
                    "message.text", because: "le texte n'a pas même les colonnes de tête que le pilote \(name) attend",
                    remedy: "comparer le réglage de l'automate au pilote (driver try)")
            ])
        }
    }
}

extension Reading {
    /// Several texts that came as one: ranks run on.
    init(joining readings: [Reading]) {
        self.init()
        for reading in readings {
            let ranks = observations.count + controls.count
            func moved(_ list: [IncomingObservation]) -> [IncomingObservation] {
                list.map { item in
                    var item = item
                    item.ordinal += ranks
                    return item
                }
            }
            let (results, materials) = (moved(reading.observations), moved(reading.controls))
            observations += results
            controls += materials
            queries += reading.queries
            problems += reading.problems
            leftOver += reading.leftOver
        }
    }
}

extension TextReading {
    /// A text of the maker's that carries results; others (`DB`, `DE` of an AU) only mark where they begin and end.
    package func carriesResults(_ text: [UInt8]) -> Bool { !texts(in: text).isEmpty }
}
