// When a chat's team counts as available, and what visitors see when it does not.
import { useState, type FormEvent } from 'react';
import { useAct } from './act';
import { graphql } from './gql';
import type { AvailabilityMode, ChatHoursInput, ChatPartsFragment, OutOfHours, ReplyTime, Weekday, WhenAway } from './gql/graphql';
import { useToast } from './toast';
import { Field, Problems, words } from './ui';

const UpdateAvailability = graphql(`
  mutation UpdateAvailability($input: UpdateChatChannelAvailabilityInput!) {
    updateChatChannelAvailability(input: $input) { chatChannel { id ...ChatParts } userErrors { code message field } }
  }
`);

const days: Weekday[] = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];
const modes: [AvailabilityMode, string][] = [['ALWAYS', 'Always'], ['TEAM_STATUS', 'While someone who could take the chat is available'], ['OPERATING_HOURS', 'In the operating hours, while someone is available']];
const replyTimes: [ReplyTime, string][] = [['MINUTES', 'In a few minutes'], ['HOURS', 'In a few hours'], ['DAY', 'Within a day'], ['NONE', 'Show nothing']];
const whenAway: [WhenAway, string][] = [['MESSAGE', 'Show a message'], ['HIDE', 'Hide the chat']];
const outOfHours: [OutOfHours, string][] = [['MESSAGE', 'Show a message'], ['REPLY_TIME', 'Show the usual reply time'], ['RETURN_TIME', 'Show when the team is back'], ['HIDE', 'Hide the chat']];

function Choice<T extends string>({ label, value, set, options }: { label: string; value: T; set(value: T): void; options: [T, string][] }) {
  return <Field label={label}><select value={value} onChange={(event) => set(event.target.value as T)}>{options.map(([id, name]) => <option key={id} value={id}>{name}</option>)}</select></Field>;
}

export function Hours({ chat }: { chat: ChatPartsFragment }) {
  const { act, problems, busy } = useAct();
  const toast = useToast();
  const [now, setNow] = useState(chat.availability);
  const [hours, setHours] = useState<ChatHoursInput[]>(chat.availability.hours.map(({ day, from, to }) => ({ day: day as Weekday, from, to })));
  const set = (part: Partial<typeof now>) => setNow({ ...now, ...part });
  const byHours = now.mode === 'OPERATING_HOURS';

  async function submit(event: FormEvent) {
    event.preventDefault();
    const input = {
      channelId: chat.id,
      mode: now.mode as AvailabilityMode,
      replyTime: now.replyTime as ReplyTime,
      whenAway: now.whenAway as WhenAway,
      awayMessage: now.awayMessage || null,
      ...(byHours && { timeZone: now.timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone, hours, outOfHours: now.outOfHours as OutOfHours, outOfHoursMessage: now.outOfHoursMessage || null }),
    };
    if (await act(UpdateAvailability, { input })) toast('Saved.');
  }
  return (
    <section id="availability" aria-labelledby="availability-title">
      <h2 id="availability-title">Availability</h2>
      <form onSubmit={(event) => void submit(event)}>
        <Choice label="The team is available" value={now.mode as AvailabilityMode} set={(mode) => set({ mode })} options={modes} />
        <Choice label="It usually replies" value={now.replyTime as ReplyTime} set={(replyTime) => set({ replyTime })} options={replyTimes} />
        <Choice label="While everyone is away" value={now.whenAway as WhenAway} set={(value) => set({ whenAway: value })} options={whenAway} />
        {now.whenAway === 'MESSAGE' && <Field label="Message while everyone is away"><input maxLength={500} value={now.awayMessage ?? ''} placeholder="Parley's own text" dir="auto" onChange={(event) => set({ awayMessage: event.target.value })} /></Field>}
        {byHours && (
          <>
            <Week hours={hours} set={setHours} />
            <Field label="Time zone"><input value={now.timeZone ?? ''} placeholder={Intl.DateTimeFormat().resolvedOptions().timeZone} onChange={(event) => set({ timeZone: event.target.value })} /></Field>
            <Choice label="Out of hours" value={now.outOfHours as OutOfHours} set={(value) => set({ outOfHours: value })} options={outOfHours} />
            {now.outOfHours === 'MESSAGE' && <Field label="Message out of hours"><input maxLength={500} value={now.outOfHoursMessage ?? ''} placeholder="Parley's own text" dir="auto" onChange={(event) => set({ outOfHoursMessage: event.target.value })} /></Field>}
          </>
        )}
        <Problems of={problems} />
        <div className="actions"><button className="primary" disabled={busy}>Save availability</button></div>
      </form>
    </section>
  );
}

function Week({ hours, set }: { hours: ChatHoursInput[]; set(hours: ChatHoursInput[]): void }) {
  const change = (i: number, part: Partial<ChatHoursInput>) => set(hours.map((range, at) => (at === i ? { ...range, ...part } : range)));
  return (
    <div className="week" role="group" aria-label="Operating hours">
      {hours.map((range, i) => (
        <div key={i}>
          <select aria-label={`Day ${i + 1}`} value={range.day} onChange={(event) => change(i, { day: event.target.value as Weekday })}>{days.map((day) => <option key={day} value={day}>{words(day)}</option>)}</select>
          <input type="time" aria-label={`From ${i + 1}`} required value={range.from} onChange={(event) => change(i, { from: event.target.value })} />
          <input type="time" aria-label={`To ${i + 1}`} required value={range.to} onChange={(event) => change(i, { to: event.target.value })} />
          <button type="button" aria-label={`Remove ${words(range.day)} ${range.from}`} onClick={() => set(hours.filter((_, at) => at !== i))}>✕</button>
        </div>
      ))}
      <div className="buttons">
        <button type="button" onClick={() => set([...hours, { day: days[hours.length % 7]!, from: '09:00', to: '17:00' }])}>Add hours</button>
        {hours.length === 0 && <button type="button" onClick={() => set(days.slice(0, 5).map((day) => ({ day, from: '09:00', to: '17:00' })))}>Monday to Friday, 9 to 17</button>}
      </div>
    </div>
  );
}
