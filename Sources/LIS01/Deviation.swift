/// How a peer departed from LIS01-A2. Counted when met; whether it is tolerated is in ``LinkSettings``.
package enum Deviation: String, Sendable, Hashable, Codable, CaseIterable {
    /// No checksum digits after ETX or ETB (AMPLILINK with the setting off).
    case checksumMissing
    /// Checksum digits in lower case; section 6.3.3 wants upper case.
    case checksumLowerCase
    /// The checksum is not that of the bytes received: noise, or a peer that counts wrong.
    case checksumWrong
    /// CR without LF after the checksum (serial converters).
    case tailWithoutLineFeed
    /// Neither CR nor LF after the checksum.
    case tailMissing
    /// LF or another byte where CR LF should be.
    case tailUnusual
    /// LF in the text of a frame (Celltac, Sphera).
    case lineFeedInText
    /// A control character that section 6.6 forbids in text.
    case restrictedCharacter
    /// A frame number that is neither the last accepted nor the next one (section 6.3.2.1).
    case frameNumberUnexpected
    /// No digit 0…7 where the frame number should be.
    case frameNumberMissing
    /// The last accepted frame once more: acknowledged again, not stored again.
    case frameRepeated
    /// The last accepted number with another text.
    case frameNumberReused
    /// An end frame whose text does not end with CR: one is supplied when the message is put together.
    case recordEndMissing
    /// Longer than the setting, at most 64,000 (section 6.3.1.2).
    case frameTooLong
    /// A new STX before the frame had ended.
    case frameCutShort
    /// The line fell silent inside a frame.
    case frameUnended
    /// ENQ in the middle of a session.
    case enquiryDuringTransfer
    /// Bytes between frames that mean nothing there.
    case strayBytes
    /// Bytes in the neutral state other than ENQ; ignored (section 6.2).
    case bytesInNeutralState
    /// ENQ followed by EOT with no frame between (keep-alive of m2000, Yumizen).
    case emptySession
    /// A message of a session that had no end record L when the session ended.
    case messageIncomplete
    /// More bytes than the buffer holds arrived before the previous frame was stored; the surplus was ignored
    /// unacknowledged.
    case overrun
    /// Both ends enquired at once (section 6.2.7).
    case contention
    /// The receiver answered a frame with EOT: it wants the line (section 6.3.5).
    case receiverInterrupt
    /// An answer to an enquiry or a frame that is none of ACK, NAK, EOT.
    case answerUnusual
}
