import { useState } from "react";
import "@ncsn/infer/element";

const model = new URL("../../../models/mnist.onnx", import.meta.url).href;

export function App() {
  const [count, setCount] = useState(9);
  const [steps, setSteps] = useState(20);
  const [said, setSaid] = useState("");
  return (
    <>
      <h1>Digits in React</h1>
      <fieldset>
        <Choice name="Images" value={count} of={[1, 4, 9, 16]} onChoose={setCount} />
        <Choice name="Steps" value={steps} of={[4, 10, 20, 40, 80]} onChoose={setSteps} />
      </fieldset>
      <score-sampler
        src={model}
        count={count}
        steps={steps}
        autoplay
        onload={({ detail }) => setSaid(`${detail.card.name} on ${detail.device.name}`)}
        onstep={({ detail }) => setSaid(`${detail.evaluations} evaluations`)}
        oncomplete={({ detail }) => setSaid(`Finished: seed ${detail.seed}`)}
      />
      <output>{said}</output>
    </>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: number;
  readonly of: readonly number[];
  readonly onChoose: (value: number) => void;
}

function Choice({ name, value, of, onChoose }: ChoiceProps) {
  return (
    <label>
      {name}
      <select value={value} onChange={(event) => onChoose(Number(event.target.value))}>
        {of.map((number) => (
          <option key={number}>{number}</option>
        ))}
      </select>
    </label>
  );
}
