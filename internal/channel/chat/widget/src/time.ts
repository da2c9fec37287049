// Times, and sizes, as the visitor's locale and time zone have them.

export interface Clock {
  /** When a message was written: the hour, and the day if it is not today. */
  message(at: string): string;
  /** A time to come: the day of the week and the hour, and the date if it is more than six days off. */
  day(at: string): string;
  /** A number. */
  number(count: number): string;
  /** So many bytes, as kilobytes or megabytes. */
  size(bytes: number): string;
}

const hour = { hour: "numeric", minute: "2-digit" } as const;
const sixDays = 6 * 24 * 3600_000;

/** Returns what writes times in a language, as in the visitor's own country if they speak it; in the browser's own if it does not know it. */
export function clock(language: string): Clock {
  const base = (tag: string): string => tag.split("-")[0]!.toLowerCase();
  const locale = navigator.languages.find((own) => base(own) === base(language)) ?? language;
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
    try {
      return new Intl.DateTimeFormat(locale, options);
    } catch {
      return new Intl.DateTimeFormat(undefined, options);
    }
  };
  return {
    message(at) {
      const time = new Date(at);
      const today = time.toDateString() === new Date().toDateString();
      return format(today ? hour : { ...hour, month: "short", day: "numeric" }).format(time);
    },
    day(at) {
      const time = new Date(at);
      if (time.toDateString() === new Date().toDateString()) return format(hour).format(time);
      const far = time.getTime() - Date.now() > sixDays;
      return format({ ...hour, weekday: "long", ...(far && { month: "short", day: "numeric" }) }).format(time);
    },
    number(count) {
      try {
        return count.toLocaleString(locale);
      } catch {
        return count.toLocaleString();
      }
    },
    size(bytes) {
      const [unit, amount] = bytes < 1e6 ? ["kilobyte", Math.ceil(bytes / 1e3)] : ["megabyte", bytes / 1e6];
      const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 } as const;
      try {
        return amount.toLocaleString(locale, options);
      } catch {
        return amount.toLocaleString(undefined, options);
      }
    },
  };
}
