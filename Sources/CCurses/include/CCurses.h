#ifndef PAILLASSE_CCURSES_H
#define PAILLASSE_CCURSES_H

/// ncursesw as few plain functions: its macros, wide characters and variadic calls do not cross into Swift.
/// Everything is called from one thread.

/// Takes the terminal over. Number of colours that it has; -1 when there is no terminal that ncurses knows.
int paillasse_curses_begin(void);
/// Gives it back as it was.
void paillasse_curses_end(void);
/// Writes UTF-8 text; colours of the 256-colour palette, -1 for the terminal's own.
void paillasse_curses_put(
    int row, int column, const char *text, int foreground, int background, int bold, int reverse, int underline);
/// Brings what was put onto the terminal; row -1 hides the cursor.
void paillasse_curses_show(int row, int column);
void paillasse_curses_resize(int rows, int columns);
/// The whole terminal is drawn again at the next show: something else wrote on it.
void paillasse_curses_redraw(void);
void paillasse_curses_bell(void);

#endif
