// HL7v2Tests
