package import Base
package import HL7v2

extension DocumentTransmission {
    /// The bytes to send; when they are refused, the first reason and how many others.
    package func bytes(_ rules: CombinationRules = .tolerant) throws(Refusal) -> [UInt8] {
        let message: Message
        do throws(TransmissionRefused) { message = try self.message(rules) } catch {
            throw Composition.first(of: error.refusals)
        }
        return try message.bytes()
    }
}
