// AnalyzerSimulator
