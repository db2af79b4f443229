import Foundation

extension Process {
    /// What a shell does before it becomes the program: it closes every descriptor but the three standard ones.
    static let closing = """
        for f in /proc/$$/fd/*; do
            n=${f##*/}
            if [ "$n" -gt 2 ] && [ "$n" -ne 255 ]; then eval "exec $n>&-"; fi
        done
        exec "$0" "$@"
        """

    /// A process that inherits no descriptor of this one beyond standard input, output and error: a listening socket
    /// of a test that runs at the same time would otherwise stay open in the child, and its port taken.
    static func clean(_ program: URL, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", closing, program.path] + arguments
        return process
    }
}
